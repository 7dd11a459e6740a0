/** What somebody's latest connection came to. */
interface Vote {
  failed: boolean;
  /** `Clock.elapsed()`. */
  at: number;
}

/** Voters whose vote is kept; of more, the oldest votes are lost. */
const MOST = 10_000;

/** What the latest connection of each client came to, within a window: one vote each, however often it comes. */
export class Votes {
  /** In the order in which they were given. */
  private readonly votes = new Map<string, Vote>();
  private against = 0;

  /** @param window ms for which a vote counts */
  constructor(
    private readonly window: number,
    private readonly most = MOST,
  ) {}

  get count(): number {
    return this.votes.size;
  }

  get failures(): number {
    return this.against;
  }

  /** @param now `Clock.elapsed()` */
  cast(client: string, failed: boolean, now: number): void {
    this.withdraw(client);
    this.votes.set(client, { failed, at: now });
    if (failed) this.against++;
    for (const [oldest, { at }] of this.votes) {
      if (now - at < this.window && this.votes.size <= this.most) return;
      this.withdraw(oldest);
    }
  }

  clear(): void {
    this.votes.clear();
    this.against = 0;
  }

  private withdraw(client: string): void {
    if (this.votes.get(client)?.failed) this.against--;
    this.votes.delete(client);
  }
}
