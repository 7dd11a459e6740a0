import { getHeapStatistics } from 'node:v8';
import { EventBus } from '../../telemetry/event-bus.js';
import { Budget } from '../../kernel/budget.js';
import { freeMemory } from '../../kernel/free-memory.js';
import { Log } from '../../kernel/log.js';
import { Regulator, Sight } from '../../kernel/ports/regulator.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { Arbiter } from './arbiter.js';
import { DecisionLog } from './decision-log.js';
import { Modes } from './modes.js';
import { OpenPains } from './open-pains.js';
import { PolicyStore } from './policy-store.js';
import { PolicyFile } from './policy-file.js';
import { ErrorShare, LoopDelay } from './pressure-signals.js';

export interface S5Parts {
  book: PolicyStore;
  /** Undefined where the policy is the built-in one. */
  file: PolicyFile | undefined;
  modes: Modes;
  arbiter: Arbiter;
  chronicle: DecisionLog;
  /** How late the event loop is; made when it starts. */
  loopDelay: () => LoopDelay;
}

/** S5 at work: it holds the policy, watches how the gateway itself is, and sets its mode. */
export class S5Policy extends Regulator {
  private readonly pains = new OpenPains();
  private readonly errors = new ErrorShare();
  private readonly ends: (() => void)[] = [];
  private errorRate = 0;
  private vitals: Vitals | undefined;
  private delay: LoopDelay | undefined;

  constructor(
    private readonly parts: S5Parts,
    private readonly bus: EventBus,
    private readonly budget: Budget,
    private readonly log: Log,
    /** Milliseconds between two looks. */
    private readonly interval: number,
  ) {
    super();
  }

  start({ vitals }: Sight): void {
    const { book, file, arbiter, chronicle, loopDelay } = this.parts;
    this.vitals = vitals;
    this.delay = loopDelay();
    chronicle.start();
    arbiter.start(vitals);
    this.ends.push(
      this.bus.on('pain', pain => this.pains.begin(pain)),
      this.bus.on('pleasure', pleasure => this.pains.end(pleasure)),
      this.bus.on('gateway_metrics', ({ data }) => {
        this.errorRate = this.errors.of(data.error_rate, vitals.instances());
      }),
    );
    file?.start();
    const timer = setInterval(() => this.tick(), this.interval);
    timer.unref();
    // The others are started after this one, and want to hear of it.
    const first = setImmediate(() => book.announce('the gateway has started'));
    this.ends.push(
      () => clearInterval(timer),
      () => clearImmediate(first),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
    this.parts.file?.stop();
    this.parts.arbiter.stop();
    this.parts.chronicle.stop();
    this.delay?.stop();
  }

  /** One look. Nothing thrown. */
  tick(): void {
    const { vitals, delay, budget } = this;
    if (!vitals || !delay) return;
    try {
      const { used_heap_size, heap_size_limit } = getHeapStatistics();
      this.parts.modes.look({
        loopDelay: delay.take(),
        buffers: budget.used / budget.limit,
        pains: this.pains.shared(
          () => vitals.instances(),
          () => vitals.pools(),
        ),
        errorRate: this.errorRate,
        heap: used_heap_size / heap_size_limit,
        freeMemory: freeMemory(),
      });
    } catch (err) {
      this.log.error({ err }, 's5 failed to look after the mode');
    }
  }
}
