import { Clock } from '../kernel/clock.js';

/** Milliseconds between turns, at most, when each has much to do: more is then joined into one write. */
const LONGEST_PAUSE = 10;
/** Milliseconds after which those are served again whose turn failed. */
const AGAIN = 200;
/** Milliseconds between looks at those who wait for time to pass: each look is at all of them. */
const GRAIN = 5;

/**
 * Work by turns: whoever has something to do is on the list once, and all on it are served together. While turns are
 * short they follow at once; the longer they take, the longer the next list may grow.
 */
export class Scheduler<T> {
  private readonly waiting = new Set<T>();
  private readonly delayed = new Map<T, number>();
  private timer: NodeJS.Timeout | undefined;
  /** `Clock.elapsed()` at which the timer is due, and before which no turn begins. */
  private timerAt = Infinity;
  private notBefore = -Infinity;
  private scheduled = false;
  private running = false;
  private stopped = false;
  private idlers: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly serve: (members: readonly T[]) => Promise<void>,
    private readonly onError: (err: unknown) => void,
  ) {}

  add(member: T): void {
    if (this.stopped) return;
    this.waiting.add(member);
    this.schedule();
  }

  /** The same after some milliseconds, unless it is added before. */
  later(member: T, ms: number): void {
    if (this.stopped || this.waiting.has(member)) return;
    const at = this.clock.elapsed() + ms;
    this.delayed.set(member, at);
    this.arm(at);
  }

  /** Resolves when everybody who is on the list now, or is being served, has been served. */
  idle(): Promise<void> {
    if (this.stopped || (this.waiting.size === 0 && !this.running)) return Promise.resolve();
    return new Promise(resolve => this.idlers.push(resolve));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.waiting.clear();
    this.delayed.clear();
    this.release(this.idlers.splice(0));
  }

  /** Whether somebody is being served. */
  get underWay(): boolean {
    return this.running;
  }

  private schedule(): void {
    if (this.scheduled || this.running || this.stopped) return;
    this.scheduled = true;
    const run = (): void => void this.run();
    const pause = this.notBefore - this.clock.elapsed();
    if (pause < 1) setImmediate(run);
    else setTimeout(run, pause).unref();
  }

  private async run(): Promise<void> {
    this.scheduled = false;
    if (this.stopped) return;
    this.running = true;
    const members = [...this.waiting];
    this.waiting.clear();
    if (this.delayed.size > 0) for (const member of members) this.delayed.delete(member);
    const idlers = this.idlers.splice(0);
    const startedAt = this.clock.elapsed();
    try {
      await this.serve(members);
    } catch (thrown) {
      this.onError(thrown);
      for (const member of members) this.later(member, AGAIN);
    } finally {
      this.running = false;
      const now = this.clock.elapsed();
      this.notBefore = now + Math.min(LONGEST_PAUSE, now - startedAt);
      this.release(idlers);
      if (this.waiting.size > 0) this.schedule();
      // Who asked during the turn waited for those it served: nobody else is on the list.
      else this.release(this.idlers.splice(0));
    }
  }

  private arm(at: number): void {
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => this.ripen(), Math.max(GRAIN, at - this.clock.elapsed())).unref();
  }

  private ripen(): void {
    this.timerAt = Infinity;
    const now = this.clock.elapsed();
    let next = Infinity;
    for (const [member, at] of this.delayed) {
      if (at > now) next = Math.min(next, at);
      else {
        this.delayed.delete(member);
        this.add(member);
      }
    }
    if (next < Infinity) this.arm(next);
  }

  private release(idlers: readonly (() => void)[]): void {
    for (const resolve of idlers) resolve();
  }
}
