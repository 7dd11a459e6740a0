/**
 * How many there were in the last span of time, from two numbers: those of this span, and the part of the one before
 * that is not past yet, taken as evenly spread (the sliding window counter of rate limiters).
 */
export class SlidingCount {
  private before = 0;
  private current = 0;
  private started: number;

  constructor(
    private readonly spanMs: number,
    now: number,
  ) {
    this.started = now;
  }

  add(count: number, now: number): void {
    this.turn(now);
    this.current += count;
  }

  at(now: number): number {
    this.turn(now);
    return this.current + this.before * (1 - (now - this.started) / this.spanMs);
  }

  private turn(now: number): void {
    const spans = Math.floor((now - this.started) / this.spanMs);
    if (spans < 1) return;
    this.before = spans === 1 ? this.current : 0;
    this.current = 0;
    this.started += spans * this.spanMs;
  }
}
