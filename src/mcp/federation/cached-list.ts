import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { CachedListLife, SettledList } from './cached-list-state.js';
import { Listed } from './list-methods.js';

/** Milliseconds between two askings, however often a unit says that its list changed. */
const PACE = 1_000;
/** Milliseconds until a list that could not be had is asked again, doubled each time. */
const RETRY = { first: 500, longest: 10_000 };

const NONE: readonly Listed[] = [];

/** Where a list gets its entries, and who wants to know of them. */
export interface Supplier {
  fetch(): Promise<Listed[]>;
  /** Whether somebody wants to know. */
  readonly wanted: boolean;
  /** What was shown is no longer what is there. */
  onChange(): void;
}

/** One list of one unit, as it was the last time the unit was asked. */
export class CachedList {
  /** Changes with what is here. */
  version = 0;
  /** Somebody has seen what is here, and must be told of a change. */
  shown = false;
  private readonly life = new CachedListLife();
  /** Clock.elapsed() when it was last asked for. */
  private askedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly supplier: Supplier,
    private readonly clock: Clock,
  ) {}

  get entries(): readonly Listed[] {
    return entriesOf(this.life.settled);
  }

  /** Why the entries could not be had. */
  get error(): GatewayError | undefined {
    return errorOf(this.life.settled);
  }

  /** Whether they were ever had or given up. */
  get known(): boolean {
    return this.life.settled.is !== 'empty';
  }

  /**
   * Sees to it that the list is asked for, unless it is there or was just refused.
   * @param patience milliseconds that one asking is worth waiting for, whoever waits
   * @returns what to wait for, if anything; it never rejects
   */
  prepare(linked: boolean, patience: number): Promise<void> | undefined {
    if (this.error || (this.life.state.is === 'fresh' && linked)) return undefined;
    const done = this.load();
    return this.clock.elapsed() - this.askedAt < patience ? done : undefined;
  }

  /** It may be different now: whoever has seen it will be told, if it is. */
  refresh(): void {
    this.life.change();
    if (this.shown && !this.error) this.later(Math.max(0, this.askedAt + PACE - this.clock.elapsed()));
  }

  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
  }

  private load(): Promise<void> {
    const { state } = this.life;
    if (state.is === 'loading') return state.done;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.askedAt = this.clock.elapsed();
    const done = this.supplier.fetch().then(
      entries => this.loaded(entries),
      (thrown: unknown) => this.failed(toGatewayError(thrown)),
    );
    this.life.load(done);
    return done;
  }

  private loaded(entries: readonly Listed[]): void {
    const before = this.life.settled;
    this.life.loaded(entries);
    // What changed while it was being answered is asked again.
    if (this.life.state.is === 'stale') this.refresh();
    this.compare(before);
  }

  private failed(error: GatewayError): void {
    const before = this.life.settled;
    this.life.failed(error);
    const { state } = this.life;
    if (state.is === 'failed') this.later(Math.min(RETRY.first * 2 ** (state.failures - 1), RETRY.longest));
    this.compare(before);
  }

  private compare(before: SettledList): void {
    const now = this.life.settled;
    const [old, entries] = [entriesOf(before), entriesOf(now)];
    const same = old.length === entries.length && old.every(({ text }, i) => text === entries[i]!.text);
    const remarked = before.is === 'empty' || errorOf(before)?.message !== errorOf(now)?.message;
    if (!same || remarked) this.version++;
    if (!same && this.shown) this.supplier.onChange();
  }

  private later(ms: number): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.supplier.wanted) void this.load();
      else this.forget();
    }, ms);
    this.timer.unref();
  }

  /** Nobody asks now; whoever does next starts it again. */
  private forget(): void {
    if (this.life.state.is !== 'failed') return;
    this.life.forget();
    this.version++;
  }
}

function entriesOf(list: SettledList): readonly Listed[] {
  return list.is === 'fresh' || list.is === 'stale' ? list.entries : NONE;
}

function errorOf(list: SettledList): GatewayError | undefined {
  return list.is === 'failed' ? list.error : undefined;
}
