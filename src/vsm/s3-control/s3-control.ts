import { Log } from '../../kernel/log.js';
import { Regulator, Sight } from '../../kernel/ports/regulator.js';
import { ControlLoop } from './control-loop.js';
import { HostStats } from './host-stats.js';

/** S3 at work: at each look, each of its loops; what is wrong with one of them stops none of the others. */
export class S3Control extends Regulator {
  private timer: NodeJS.Timeout | undefined;
  private sight: Sight | undefined;
  /** Loops whose last look failed: told once until they are well again. */
  private readonly failing = new Set<string>();

  constructor(
    private readonly controls: readonly ControlLoop[],
    private readonly machine: HostStats,
    private readonly log: Log,
    /** Milliseconds between looks. */
    private readonly interval: number,
  ) {
    super();
  }

  start(sight: Sight): void {
    this.sight = sight;
    this.machine.start();
    for (const control of this.controls) control.listen(sight);
    this.timer = setInterval(() => this.tick(), this.interval).unref();
  }

  /** One look. Nothing thrown. */
  tick(): void {
    const { sight } = this;
    if (!sight) return;
    this.guarded('machine', () => this.machine.look());
    for (const control of this.controls) this.guarded(control.name, () => control.tick(sight));
  }

  stop(): void {
    clearInterval(this.timer);
    this.sight = undefined;
    for (const control of this.controls) control.stop();
    this.machine.stop();
  }

  private guarded(name: string, look: () => void): void {
    try {
      look();
      this.failing.delete(name);
    } catch (thrown) {
      if (!this.failing.has(name)) this.log.error({ control: name, err: thrown }, 'a look of S3 failed');
      this.failing.add(name);
    }
  }
}
