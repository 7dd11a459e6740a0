import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';

/** Shares of the limit: more than the one in use is exhausted, less than the other is relieved. */
const EXHAUSTED = 0.95;
const RELIEVED = 0.9;
/** Milliseconds for which it must stay relieved: leases come and go with each call. */
const CALM = 250;

/** A pool, as far as its use is measured. */
export interface Measured {
  readonly instance: { readonly id: string; readonly unit: string };
  readonly inUse: number;
  readonly waiting: number;
  readonly size: number;
  readonly overflow: number;
  readonly limit: number;
}

/** Tells that a pool is exhausted, at once, and that it is not any more, when it has stayed so for a moment. */
export class ExhaustionAlarm {
  /** `Clock.elapsed()` when it was told. */
  private exhaustedAt: number | undefined;
  private calm: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Measured,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  /** To be called whenever what is in use, or the limit, has changed. */
  check(): void {
    const { inUse, limit } = this.pool;
    if (inUse > EXHAUSTED * limit) this.raise();
    else if (this.exhaustedAt !== undefined && inUse < RELIEVED * limit) this.lower(this.exhaustedAt);
    else this.stay();
  }

  /** Nothing is in use any more, for good. */
  end(): void {
    const { exhaustedAt } = this;
    this.stay();
    if (exhaustedAt !== undefined) this.relieve(this.clock.elapsed() - exhaustedAt);
  }

  private raise(): void {
    this.stay();
    if (this.exhaustedAt !== undefined) return;
    this.exhaustedAt = this.clock.elapsed();
    const { instance, inUse, waiting, size, overflow } = this.pool;
    this.bus.emit('pool_exhausted', { unit: instance.unit, instance: instance.id, inUse, waiting, size, overflow });
  }

  private lower(exhaustedAt: number): void {
    if (this.calm) return;
    const exhaustedMs = this.clock.elapsed() - exhaustedAt;
    this.calm = setTimeout(() => this.relieve(exhaustedMs), CALM).unref();
  }

  private relieve(exhaustedMs: number): void {
    this.calm = undefined;
    this.exhaustedAt = undefined;
    const { instance, inUse } = this.pool;
    this.bus.emit('pool_relieved', { unit: instance.unit, instance: instance.id, inUse, exhaustedMs });
  }

  /** Whatever it is, it is not relieved. */
  private stay(): void {
    if (!this.calm) return;
    clearTimeout(this.calm);
    this.calm = undefined;
  }
}
