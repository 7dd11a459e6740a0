/** How much the newest counts beside what was before. */
const SHARE = 1 / 8;

/** How long it took to have a lease: the wait for a place, and the opening of its link. */
export class CheckoutStats {
  count = 0;
  /** All together, in ms. */
  ms = 0;
  /** An exponentially weighted mean, in ms. */
  recentMs = 0;

  note(ms: number): void {
    this.recentMs = this.count === 0 ? ms : this.recentMs + (ms - this.recentMs) * SHARE;
    this.count++;
    this.ms += ms;
  }
}
