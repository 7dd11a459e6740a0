/** How far one bucket reaches beyond the one before. */
const STEP = 1.02;
/** Milliseconds; shorter ones count as this. */
const LEAST = 0.01;

/** Any number of durations in little room; what is read back is right to 2 %. */
export class Durations {
  #buckets = new Map();
  count = 0;
  longest = 0;

  /** @param ms milliseconds */
  add(ms) {
    const bucket = Math.ceil(Math.log(Math.max(ms, LEAST)) / Math.log(STEP));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.count++;
    this.longest = Math.max(this.longest, ms);
  }

  /** Milliseconds within which this share of them lay; NaN of none. */
  quantile(share) {
    let left = Math.ceil(share * this.count);
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(STEP ** bucket, this.longest);
    }
    return NaN;
  }
}
