import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { Operator } from './operator.js';

/** What an operator has changed. Plain data; never payloads or tokens. */
export interface Change {
  /** Such as `set rate_limit`, `drain`. */
  action: string;
  /** A client, an instance; empty for the gateway. */
  target?: string;
  why: string;
  before: unknown;
  after: unknown;
}

/** Writes down what operators change: who, what, why, and what was before. */
export class Changes {
  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  note(who: Operator, { action, target = '', why, before, after }: Change): void {
    const details = { who, before, after };
    this.bus.emit('decision', { at: this.clock.now(), by: 'operator', action, target, why, details });
  }
}
