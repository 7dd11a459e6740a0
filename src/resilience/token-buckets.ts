import { Clock } from '../kernel/clock.js';

export interface BucketSettings {
  /** Tokens a full bucket holds. */
  size: number;
  /** Tokens per second that flow in. */
  perSecond: number;
}

/** Keys there may be, about 15 MB. */
const MOST = 100_000;
/** Below so many keys nobody looks for those that can be forgotten: more than there are sessions by default, so that no message makes a bucket anew. */
const FEW = 16_384;
/** Tokens by which sums of fractions may be wrong. */
const EPSILON = 1e-6;

interface Bucket {
  tokens: number;
  /** `Clock.elapsed()` at which it held so many. */
  at: number;
}

/**
 * A token bucket per key. Nothing is due at any time: a bucket is filled when it is looked at, and a full one is the same
 * as none. So full ones are forgotten whenever there are twice as many keys as the last time. If there are too many keys
 * even then, those buckets are forgotten that lack no more than the average: whoever wants his own forgotten while it lacks D
 * tokens has to take D from each of 50,000 others first, which no one gets by naming keys.
 */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly perMs: number;
  private sweepAt: number;

  constructor(
    private readonly settings: BucketSettings,
    private readonly clock: Clock,
    private readonly most = MOST,
  ) {
    this.perMs = settings.perSecond / 1_000;
    this.sweepAt = Math.min(FEW, most);
  }

  /** How many keys something is known of. */
  get keys(): number {
    return this.buckets.size;
  }

  /**
   * Takes tokens, or none of them.
   * @returns 0 if they were taken; else the milliseconds after which they could be, `Infinity` if a bucket never holds so many
   */
  take(key: string, tokens = 1): number {
    if (tokens > this.settings.size) return Infinity;
    const now = this.clock.elapsed();
    const bucket = this.buckets.get(key) ?? this.make(key, now);
    bucket.tokens = this.filled(bucket, now);
    bucket.at = now;
    const lacking = tokens - bucket.tokens;
    if (lacking > EPSILON) return Math.max(1, Math.ceil((lacking - EPSILON) / this.perMs));
    bucket.tokens -= tokens;
    return 0;
  }

  /** The same for one token, of which none is taken. */
  wait(key: string): number {
    const bucket = this.buckets.get(key);
    const lacking = bucket ? 1 - this.filled(bucket, this.clock.elapsed()) : 0;
    return lacking > EPSILON ? Math.max(1, Math.ceil((lacking - EPSILON) / this.perMs)) : 0;
  }

  private filled({ tokens, at }: Bucket, now: number): number {
    return Math.min(this.settings.size, tokens + (now - at) * this.perMs);
  }

  private make(key: string, now: number): Bucket {
    if (this.buckets.size >= this.sweepAt) this.sweep(now);
    const bucket = { tokens: this.settings.size, at: now };
    this.buckets.set(key, bucket);
    return bucket;
  }

  private sweep(now: number): void {
    const crowded = this.buckets.size >= this.most;
    const lacking = this.forget(now, 0);
    if (crowded && this.buckets.size > this.most / 2) this.forget(now, lacking / this.buckets.size);
    this.sweepAt = Math.min(this.most, Math.max(FEW, 2 * this.buckets.size));
  }

  /** Forgets buckets that lack no more than that. Returns what the others lack together. */
  private forget(now: number, most: number): number {
    let sum = 0;
    for (const [key, bucket] of this.buckets) {
      const lacking = this.settings.size - this.filled(bucket, now);
      if (lacking <= most + EPSILON) this.buckets.delete(key);
      else sum += lacking;
    }
    return sum;
  }
}
