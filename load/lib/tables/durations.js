/** Any number of durations in little room: an HDR histogram of microseconds, right to three digits. */
import { build } from 'hdr-histogram-js';

/** Microseconds. What takes longer than an hour is counted as an hour. */
const HOUR = 3_600_000_000;
const DIGITS = 3;

export class Durations {
  #histogram = build({ highestTrackableValue: HOUR, numberOfSignificantValueDigits: DIGITS });

  get count() {
    return this.#histogram.totalCount;
  }

  /** Milliseconds; 0 of none. */
  get longest() {
    return this.#histogram.maxValue / 1_000;
  }

  /** @param ms milliseconds; shorter ones than a microsecond count as one */
  add(ms) {
    this.#histogram.recordValue(Math.min(HOUR, Math.max(1, Math.round(ms * 1_000))));
  }

  /** Milliseconds within which this share of them lay; NaN of none. */
  quantile(share) {
    return this.count === 0 ? NaN : this.#histogram.getValueAtPercentile(share * 100) / 1_000;
  }
}
