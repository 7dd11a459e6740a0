import { Clock } from '../../kernel/clock.js';
import { UpstreamSession } from './upstream-session.js';

export interface CoarseClockSettings {
  /** Milliseconds a call may go without an answer or progress; 0 for no limit. */
  callTimeout: number;
  /** Milliseconds a link with a call in flight may be silent before it is asked for a sign of life. */
  silence: number;
  /** Milliseconds it then has. */
  pingTimeout: number;
}

/** What is done about it. */
export interface CoarseClockTarget {
  watched(): Iterable<UpstreamSession>;
  /** The call of this number has had neither answer nor progress in time. */
  overdue(upstream: UpstreamSession, number: string): void;
  ping(upstream: UpstreamSession): void;
  /** The link gave no sign of life. */
  dead(upstream: UpstreamSession): void;
}

/** Milliseconds between two looks. */
const TICK = { min: 20, max: 1_000 };

/**
 * Looks after what is in flight, with one timer for all. Its clock stands still between two looks, so that reading it
 * costs a message nothing.
 */
export class CoarseClock {
  now: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly settings: CoarseClockSettings,
  ) {
    this.now = clock.elapsed();
  }

  /** `Clock.elapsed()`, exactly. */
  elapsed(): number {
    return this.clock.elapsed();
  }

  start(watcher: CoarseClockTarget): void {
    const { callTimeout, silence, pingTimeout } = this.settings;
    const shortest = Math.min(callTimeout || Infinity, silence, pingTimeout);
    const every = Math.max(TICK.min, Math.min(TICK.max, shortest / 8));
    this.timer = setInterval(() => this.look(watcher), every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  look(watcher: CoarseClockTarget): void {
    this.now = this.clock.elapsed();
    for (const upstream of watcher.watched()) if (upstream.calls.size > 0) this.check(upstream, watcher);
  }

  private check(upstream: UpstreamSession, watcher: CoarseClockTarget): void {
    const { callTimeout, silence, pingTimeout } = this.settings;
    if (callTimeout > 0) {
      for (const { number, context } of upstream.calls.values()) {
        if (this.now - context.heardAt > callTimeout) watcher.overdue(upstream, String(number));
      }
    }
    const pinged = upstream.pingedAt > upstream.heardAt;
    if (pinged && this.now - upstream.pingedAt > pingTimeout) return watcher.dead(upstream);
    if (pinged || this.now - upstream.heardAt <= silence) return;
    upstream.pingedAt = this.now;
    watcher.ping(upstream);
  }
}
