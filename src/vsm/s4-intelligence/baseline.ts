/** Values remembered, and how many of them it takes before anything is said. */
const WINDOW = 120;
const ENOUGH = 30;
/** Values after which its figures are worked out anew. */
const STALE = 5;
/** Makes the median absolute deviation of normally distributed values their standard deviation. */
const NORMAL = 1.4826;

/**
 * What is normal for a figure: median and median absolute deviation (MAD) of its newest values. Both bear it that up to
 * half of these are outliers (Leys et al., "Detecting outliers", Journal of Experimental Social Psychology 49, 2013).
 */
export class Baseline {
  expected = 0;
  /** As a standard deviation. */
  spread = 0;
  /** 5th and 95th percentile. */
  low = 0;
  high = 0;
  private readonly values = new Float64Array(WINDOW);
  private count = 0;
  private unread = 0;

  get isLearned(): boolean {
    return this.count >= ENOUGH;
  }

  learn(value: number): void {
    this.values[this.count++ % WINDOW] = value;
    if (++this.unread >= STALE) this.workOut();
  }

  private workOut(): void {
    this.unread = 0;
    const sorted = this.values.slice(0, Math.min(this.count, WINDOW)).sort();
    this.expected = at(sorted, 0.5);
    this.low = at(sorted, 0.05);
    this.high = at(sorted, 0.95);
    const deviations = sorted.map(value => Math.abs(value - this.expected)).sort();
    this.spread = NORMAL * at(deviations, 0.5);
  }
}

function at(sorted: Float64Array, q: number): number {
  return sorted[Math.round(q * (sorted.length - 1))]!;
}
