import { Log } from '../../kernel/log.js';
import { Regulator, Sight } from '../../kernel/ports/regulator.js';
import { FairShare } from './fair-share.js';
import { InstanceFlaps } from './instance-flaps.js';
import { SwitchWindow } from './switch-window.js';
import { TransportFlaps } from './transport-flaps.js';

/** What S2 sees to, each by itself. */
export interface Coordinators {
  instances: InstanceFlaps;
  transports: TransportFlaps;
  shares: FairShare;
  switches: SwitchWindow;
}

/** S2: damps what swings, and has what is scarce shared. */
export class S2Coordination extends Regulator {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly coordinators: Coordinators,
    private readonly log: Log,
    /** Milliseconds between two looks. */
    private readonly interval: number,
  ) {
    super();
  }

  start({ vitals }: Sight): void {
    const { instances, transports, shares, switches } = this.coordinators;
    instances.start(vitals);
    transports.start();
    shares.start(vitals);
    switches.start();
    this.timer = setInterval(() => this.tick(), this.interval).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    const { instances, transports, shares, switches } = this.coordinators;
    for (const coordinator of [instances, transports, shares, switches]) coordinator.stop();
  }

  tick(): void {
    const { instances, transports, shares } = this.coordinators;
    for (const coordinator of [instances, transports, shares]) {
      try {
        coordinator.tick();
      } catch (err) {
        this.log.error({ err }, 'S2 could not look; it tries again');
      }
    }
  }
}
