import { Clock } from '../kernel/clock.js';

/** How long, in ms, outcomes are remembered: a producer that tries again does so within minutes. */
const TTL = 300_000;
/** How many, and how many characters of them and their keys. */
const MAX = 100_000;
const MAX_LENGTH = 32 * 1024 * 1024;

/** What became of things that are to be done once. */
export class IdempotencyTable {
  /** In the order in which they were noted, which is the order in which they expire. */
  private readonly outcomes = new Map<string, { outcome: string; until: number }>();

  private length = 0;

  constructor(private readonly clock: Clock) {}

  get(key: string): string | undefined {
    const known = this.outcomes.get(key);
    return known && known.until > this.clock.now() ? known.outcome : undefined;
  }

  once(key: string, outcome: string): string | undefined {
    const known = this.get(key);
    if (known !== undefined) return known;
    this.forget(key);
    this.outcomes.set(key, { outcome, until: this.clock.now() + TTL });
    this.length += key.length + outcome.length;
    this.tidy();
    return undefined;
  }

  /** The oldest go first: those whose time has come, and those there is no room for. */
  private tidy(): void {
    for (const [key, { until }] of this.outcomes) {
      if (until > this.clock.now() && this.outcomes.size <= MAX && this.length <= MAX_LENGTH) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    const known = this.outcomes.get(key);
    if (!known) return;
    this.outcomes.delete(key);
    this.length -= key.length + known.outcome.length;
  }
}
