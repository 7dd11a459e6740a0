import { EventBus } from '../../telemetry/event-bus.js';
import { Log } from '../../kernel/log.js';
import { Regulator, Sight } from '../../kernel/ports/regulator.js';
import { Pressure } from './pressure.js';
import { FoldedSignals } from './signals.js';
import { Triggers } from './triggers.js';
import { Webhook } from './webhook.js';

/** What the channel is made of. */
export interface Nerves {
  signals: FoldedSignals;
  triggers: Triggers;
  pressure: Pressure;
  /** Where signals are told besides. */
  webhook: Webhook | undefined;
}

/**
 * Pain and pleasure (Beer's algedonic loop): what hurts goes to S5, to operators and to the webhook within the same turn of
 * the event loop, past S2, S3 and S4.
 */
export class AlgedonicChannel extends Regulator {
  private timer: NodeJS.Timeout | undefined;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly nerves: Nerves,
    private readonly bus: EventBus,
    private readonly log: Log,
    /** Milliseconds between two looks. */
    private readonly interval: number,
  ) {
    super();
  }

  start({ vitals }: Sight): void {
    const { triggers, webhook } = this.nerves;
    if (webhook) {
      this.ends.push(
        this.bus.on('pain', pain => webhook.post(pain)),
        this.bus.on('pleasure', pleasure => webhook.post(pleasure)),
      );
    }
    triggers.start(vitals);
    this.timer = setInterval(() => this.tick(), this.interval).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.nerves.triggers.stop();
    for (const end of this.ends.splice(0)) end();
    await this.nerves.webhook?.stop();
  }

  tick(): void {
    const { triggers, pressure, signals } = this.nerves;
    for (const part of [triggers, pressure, signals]) {
      try {
        part.tick();
      } catch (err) {
        this.log.error({ err }, 'the algedonic channel could not look; it tries again');
      }
    }
  }
}
