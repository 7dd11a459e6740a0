import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';

/** The longest that a request may ask for, in ms. */
export const LONGEST_REQUEST = 86_400_000;
/** Characters that a target may have. */
const LONGEST_TARGET = 512;

export const isTarget = (target: unknown): target is string =>
  typeof target === 'string' && target.length > 0 && target.length <= LONGEST_TARGET;

/** How long what was asked for holds, in ms. */
export function durationOf(forMs: number | undefined, otherwise: number): number {
  return forMs !== undefined && forMs > 0 ? Math.min(LONGEST_REQUEST, forMs) : otherwise;
}

/** Writes down what S3 decided without moving a lever. */
export class LeverRequests {
  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  /** @param target cut to what a target may have */
  note(action: string, target: unknown, why: string, details?: Readonly<Record<string, unknown>>): void {
    const about = String(target).slice(0, LONGEST_TARGET);
    this.bus.emit('decision', { at: this.clock.now(), by: 's3', action, target: about, why, details });
  }
}
