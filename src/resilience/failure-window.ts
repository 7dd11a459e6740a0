/** What somebody's latest connection came to. */
interface Vote {
  failed: boolean;
  /** `Clock.elapsed()`. */
  at: number;
}

/** Voters whose vote is kept; of more, the oldest votes are lost. */
const MOST = 10_000;

/** What the latest connection of each client came to, within a window: one vote each, however often it comes. */
export class FailureWindow {
  /** In the order in which they were given. */
  private readonly failureWindow = new Map<string, Vote>();
  private against = 0;

  /** @param window ms for which a vote counts */
  constructor(
    private readonly window: number,
    private readonly most = MOST,
  ) {}

  get count(): number {
    return this.failureWindow.size;
  }

  get failures(): number {
    return this.against;
  }

  /** @param now `Clock.elapsed()` */
  cast(client: string, failed: boolean, now: number): void {
    this.withdraw(client);
    this.failureWindow.set(client, { failed, at: now });
    if (failed) this.against++;
    for (const [oldest, { at }] of this.failureWindow) {
      if (now - at < this.window && this.failureWindow.size <= this.most) return;
      this.withdraw(oldest);
    }
  }

  clear(): void {
    this.failureWindow.clear();
    this.against = 0;
  }

  private withdraw(client: string): void {
    if (this.failureWindow.get(client)?.failed) this.against--;
    this.failureWindow.delete(client);
  }
}
