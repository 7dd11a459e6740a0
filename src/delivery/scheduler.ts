import { Clock } from '../kernel/clock.js';
import { assertTransition, Transitions } from '../kernel/transitions.js';

/** Milliseconds between turns, at most, when each has much to do: more is then joined into one write. */
const LONGEST_PAUSE = 10;
/** Milliseconds after which those are served again whose turn failed. */
const AGAIN = 200;
/** Milliseconds between looks at those who wait for time to pass: each look is at all of them. */
const GRAIN = 5;

/**
 * `idle`: nobody is on the list. `scheduled`: the next turn is set. `serving`: a turn is under way. `stopping`: it is the
 * last one. `stopped`: there is none any more.
 */
export type SchedulerState = 'idle' | 'scheduled' | 'serving' | 'stopping' | 'stopped';

export type SchedulerEvent = 'schedule' | 'serve' | 'served' | 'stop';

const SCHEDULER_TRANSITIONS: Transitions<SchedulerState, SchedulerEvent> = {
  idle: { schedule: 'scheduled', stop: 'stopped' },
  scheduled: { serve: 'serving', stop: 'stopped' },
  serving: { served: 'idle', stop: 'stopping' },
  stopping: { served: 'stopped' },
  stopped: {},
};

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
  private state: SchedulerState = 'idle';
  private idlers: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly serve: (members: readonly T[]) => Promise<void>,
    private readonly onError: (err: unknown) => void,
  ) {}

  add(member: T): void {
    if (this.ended) return;
    this.waiting.add(member);
    this.schedule();
  }

  /** The same after some milliseconds, unless it is added before. */
  later(member: T, ms: number): void {
    if (this.ended || this.waiting.has(member)) return;
    const at = this.clock.elapsed() + ms;
    this.delayed.set(member, at);
    this.arm(at);
  }

  /** Resolves when everybody who is on the list now, or is being served, has been served. */
  idle(): Promise<void> {
    if (this.state !== 'scheduled' && this.state !== 'serving') return Promise.resolve();
    return new Promise(resolve => this.idlers.push(resolve));
  }

  stop(): void {
    if (!this.ended) this.go('stop', this.state === 'serving' ? 'stopping' : 'stopped');
    clearTimeout(this.timer);
    this.waiting.clear();
    this.delayed.clear();
    this.release(this.idlers.splice(0));
  }

  /** Whether somebody is being served. */
  get underWay(): boolean {
    return this.state === 'serving' || this.state === 'stopping';
  }

  private schedule(): void {
    if (this.state !== 'idle') return;
    this.go('schedule', 'scheduled');
    const run = (): void => void this.run();
    const pause = this.notBefore - this.clock.elapsed();
    if (pause < 1) setImmediate(run);
    else setTimeout(run, pause).unref();
  }

  private async run(): Promise<void> {
    if (this.state === 'stopped') return;
    this.go('serve', 'serving');
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
      this.go('served', this.state === 'stopping' ? 'stopped' : 'idle');
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

  private get ended(): boolean {
    return this.state === 'stopping' || this.state === 'stopped';
  }

  private go(event: SchedulerEvent, to: SchedulerState): void {
    assertTransition(SCHEDULER_TRANSITIONS, 'a scheduler', this.state, event, to);
    this.state = to;
  }

  private release(idlers: readonly (() => void)[]): void {
    for (const resolve of idlers) resolve();
  }
}
