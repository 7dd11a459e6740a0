import { Histogram, LATENCY_BUCKETS } from '../../telemetry/counters.js';

const BUCKETS = LATENCY_BUCKETS.length + 1;

/** What came to a histogram since it was last read: answers by bucket. */
export class LatencyWindow {
  private before = new Float64Array(BUCKETS);
  private readonly grown = new Float64Array(BUCKETS);

  /** Adds what is new of a histogram to `into`, which is one of its own where none is given. */
  take({ counts }: Histogram, into: Float64Array = this.grown.fill(0)): Float64Array {
    for (let i = 0; i < BUCKETS; i++) {
      into[i]! += counts[i]! - this.before[i]!;
      this.before[i] = counts[i]!;
    }
    return into;
  }
}

/** The same for all units together. */
export class LatencyWindows {
  private readonly windows = new Map<string, LatencyWindow>();

  take(histograms: Iterable<readonly [unit: string, Histogram]>): Float64Array {
    const sum = new Float64Array(BUCKETS);
    for (const [unit, histogram] of histograms) {
      let window = this.windows.get(unit);
      if (!window) this.windows.set(unit, (window = new LatencyWindow()));
      window.take(histogram, sum);
    }
    return sum;
  }
}

export function answersIn(buckets: Float64Array): number {
  let sum = 0;
  for (const count of buckets) sum += count;
  return sum;
}

/**
 * A quantile of a histogram, taken as evenly spread within its bucket, as Prometheus' `histogram_quantile` does it; what
 * is beyond the last bound counts as that bound.
 * @param q 0 … 1
 * @returns milliseconds; 0 where there is nothing
 */
export function quantileMs(buckets: Float64Array, q: number): number {
  const rank = q * answersIn(buckets);
  if (rank === 0) return 0;
  let below = 0;
  for (const [i, upper] of LATENCY_BUCKETS.entries()) {
    const count = buckets[i]!;
    if (below + count >= rank) {
      const lower = i === 0 ? 0 : LATENCY_BUCKETS[i - 1]!;
      return 1000 * (lower + ((upper - lower) * (rank - below)) / count);
    }
    below += count;
  }
  return 1000 * LATENCY_BUCKETS.at(-1)!;
}
