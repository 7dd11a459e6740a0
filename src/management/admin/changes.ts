import { Bus } from '../../events/bus.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
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
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  note(who: Operator, { action, target = '', why, before, after }: Change): void {
    const details = { who, before, after };
    // The line is written also where nobody hears the bus.
    this.log.info({ who, action, target, why, before, after }, 'an operator has changed something');
    this.bus.emit('decision', { at: this.clock.now(), by: 'operator', action, target, why, details });
  }
}
