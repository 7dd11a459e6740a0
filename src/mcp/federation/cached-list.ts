import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Listed } from './list-methods.js';

/** Milliseconds between two askings, however often a unit says that its list changed. */
const PACE = 1_000;
/** Milliseconds until a list that could not be had is asked again, doubled each time. */
const RETRY = { first: 500, longest: 10_000 };

/** Where a shelf gets its entries, and who wants to know of them. */
export interface Supplier {
  fetch(): Promise<Listed[]>;
  /** Whether somebody wants to know. */
  readonly wanted: boolean;
  /** What was shown is no longer what is there. */
  onChange(): void;
}

/** One list of one unit, as it was the last time the unit was asked. */
export class CachedList {
  entries: readonly Listed[] = [];
  /** Why the entries could not be had. */
  error: GatewayError | undefined;
  /** Whether they were ever had or given up. */
  known = false;
  /** Changes with what is here. */
  version = 0;
  /** Somebody has seen what is here, and must be told of a change. */
  shown = false;
  private fresh = false;
  private loading: Promise<void> | undefined;
  /** Clock.elapsed() when it was last asked for. */
  private askedAt = -Infinity;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly supplier: Supplier,
    private readonly clock: Clock,
  ) {}

  /**
   * Sees to it that the list is asked for, unless it is there or was just refused.
   * @param patience milliseconds that one asking is worth waiting for, whoever waits
   * @returns what to wait for, if anything; it never rejects
   */
  prepare(linked: boolean, patience: number): Promise<void> | undefined {
    if (this.error || (this.fresh && linked && !this.loading)) return undefined;
    const loading = this.load();
    return this.clock.elapsed() - this.askedAt < patience ? loading : undefined;
  }

  /** It may be different now: whoever has seen it will be told, if it is. */
  refresh(): void {
    this.fresh = false;
    if (this.shown && !this.error) this.later(Math.max(0, this.askedAt + PACE - this.clock.elapsed()));
  }

  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
  }

  private forget(): void {
    if (!this.error) return;
    this.error = undefined;
    this.known = false;
    this.version++;
  }

  private load(): Promise<void> {
    if (this.loading) return this.loading;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.askedAt = this.clock.elapsed();
    this.fresh = true;
    this.loading = this.supplier
      .fetch()
      .then(
        entries => this.put(entries, undefined),
        (thrown: unknown) => this.put([], toGatewayError(thrown)),
      )
      .finally(() => (this.loading = undefined));
    return this.loading;
  }

  private put(entries: readonly Listed[], error: GatewayError | undefined): void {
    const before = this.entries;
    const remarked = !this.known || this.error?.message !== error?.message;
    const same = before.length === entries.length && before.every(({ text }, i) => text === entries[i]!.text);
    this.entries = entries;
    this.error = error;
    this.known = true;
    if (error) this.fresh = false;
    this.failures = error ? this.failures + 1 : 0;
    if (error) this.later(Math.min(RETRY.first * 2 ** (this.failures - 1), RETRY.longest));
    // What changed while it was being answered is asked again.
    else if (!this.fresh) this.refresh();
    if (!same || remarked) this.version++;
    if (!same && this.shown) this.supplier.onChange();
  }

  private later(ms: number): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.supplier.wanted) void this.load();
      // Nobody asks now; whoever does next starts it again.
      else this.forget();
    }, ms);
    this.timer.unref();
  }
}
