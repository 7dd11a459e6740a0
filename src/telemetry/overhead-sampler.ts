import { Clock } from '../kernel/clock.js';

/** One message of so many is measured; a power of two. */
const EVERY = 16;
/** Measurements that are kept for each unit. */
const KEPT = 512;

/** The newest measurements, in ms. */
class Samples {
  private readonly values = new Float64Array(KEPT);
  private count = 0;

  add(ms: number): void {
    this.values[this.count++ % KEPT] = ms;
  }

  quantile(q: number): number {
    const sorted = this.values.slice(0, Math.min(this.count, KEPT)).sort();
    return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  }
}

/**
 * The gateway's own time for a message: from its coming in to its being handed on, and from the answer's coming to its being
 * written. Measured for one of sixteen, and only where it went its way in one turn of the event loop: what waits, for a link or
 * for its turn, waits for something else.
 */
export class OverheadSampler {
  private turn = 0;
  /** `Clock.elapsed()` when the message in hand came; 0 while none is measured. */
  private beganAt = 0;
  private readonly samples = new Map<string, Samples>();

  /** A message comes in. */
  begin(clock: Clock): void {
    if ((++this.turn & (EVERY - 1)) === 0) this.beganAt = clock.elapsed();
  }

  /** It has been handed on. @returns ms since it came, undefined where it is not measured */
  passed(clock: Pick<Clock, 'elapsed'>): number | undefined {
    if (this.beganAt === 0) return undefined;
    const ms = clock.elapsed() - this.beganAt;
    this.beganAt = 0;
    return ms;
  }

  /** Whatever is handed on from now on is not the message that came. */
  end(): void {
    this.beganAt = 0;
  }

  note(unit: string, ms: number): void {
    let samples = this.samples.get(unit);
    if (!samples) this.samples.set(unit, (samples = new Samples()));
    samples.add(ms);
  }

  /** 99th percentile in ms; 0 where nothing was measured. */
  p99(unit: string): number {
    return this.samples.get(unit)?.quantile(0.99) ?? 0;
  }
}
