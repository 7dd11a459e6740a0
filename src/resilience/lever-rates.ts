import { Clock } from '../kernel/clock.js';
import { Levers, LeverSnapshot } from '../kernel/ports/levers.js';

interface Bucket {
  tokens: number;
  /** `Clock.elapsed()` at which it held so many. */
  at: number;
}

/** Tokens by which sums of fractions may be wrong. */
const EPSILON = 1e-6;

/** Token buckets of the clients whose rate a lever sets. There is one as long as there is the lever. */
export class LeverRates {
  private readonly buckets = new Map<string, Bucket>();
  private rates: LeverSnapshot['rate_limit'] = new Map();

  constructor(
    private readonly levers: Levers,
    private readonly clock: Clock,
  ) {
    levers.onChange(now => this.keep(now));
  }

  get keys(): number {
    return this.buckets.size;
  }

  /**
   * @returns undefined where no lever says anything of this client; 0 if a token was taken; else the milliseconds until
   *   there is one, `Infinity` where there never is
   */
  take(client: string): number | undefined {
    const rate = this.levers.now.rate_limit.get(client);
    if (rate === undefined) return undefined;
    const bucket = this.bucket(client, rate);
    const wait = waitOf(bucket, rate);
    if (wait === 0) bucket.tokens--;
    return wait;
  }

  /** The same, and no token is taken. */
  wait(client: string): number | undefined {
    const rate = this.levers.now.rate_limit.get(client);
    return rate === undefined ? undefined : waitOf(this.bucket(client, rate), rate);
  }

  rate(client: string): number | undefined {
    return this.levers.now.rate_limit.get(client);
  }

  /** Filled up to now. A bucket holds what flows in in a second, and one token at least. */
  private bucket(client: string, rate: number): Bucket {
    const now = this.clock.elapsed();
    const size = Math.max(1, rate);
    let bucket = this.buckets.get(client);
    if (!bucket) this.buckets.set(client, (bucket = { tokens: size, at: now }));
    bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) * Math.max(0, rate)) / 1_000);
    bucket.at = now;
    return bucket;
  }

  private keep({ rate_limit }: LeverSnapshot): void {
    if (rate_limit === this.rates) return;
    this.rates = rate_limit;
    for (const client of this.buckets.keys()) if (!rate_limit.has(client)) this.buckets.delete(client);
  }
}

function waitOf({ tokens }: Bucket, rate: number): number {
  const lacking = 1 - tokens;
  if (lacking <= EPSILON) return 0;
  return rate > 0 ? Math.max(1, Math.ceil(((lacking - EPSILON) * 1_000) / rate)) : Infinity;
}
