export interface BackoffSettings {
  /** Milliseconds within which the first retry comes. */
  base: number;
  /** Milliseconds that no wait exceeds. */
  max: number;
}

/** Exponential back-off with full jitter: clients that lost the same gateway do not come back in step. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly settings: BackoffSettings,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait now; each call doubles what the next may be. */
  next(): number {
    const ceiling = Math.min(this.settings.max, this.settings.base * 2 ** this.attempts);
    this.attempts = Math.min(this.attempts + 1, 30);
    return Math.floor(this.random() * ceiling);
  }

  /** A connection came about. One that is welcomed and dropped over and over still waits a little. */
  ease(): void {
    this.attempts = Math.min(this.attempts, 2);
  }

  /** A connection has lasted. */
  reset(): void {
    this.attempts = 0;
  }
}
