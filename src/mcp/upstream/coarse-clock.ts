import { Clock } from '../../kernel/clock.js';
import { Relay } from './upstream-session.js';

export interface WatchSettings {
  /** Milliseconds a call may go without an answer or progress; 0 for no limit. */
  callTimeout: number;
  /** Milliseconds a link with a call in flight may be silent before it is asked for a sign of life. */
  silence: number;
  /** Milliseconds it then has. */
  pingTimeout: number;
}

/** What is done about it. */
export interface Watcher {
  watched(): Iterable<Relay>;
  /** The call of this number has had neither answer nor progress in time. */
  overdue(relay: Relay, number: string): void;
  ping(relay: Relay): void;
  /** The link gave no sign of life. */
  dead(relay: Relay): void;
}

/** Milliseconds between two looks. */
const TICK = { min: 20, max: 1_000 };

/**
 * Looks after what is in flight, with one timer for all. Its clock stands still between two looks, so that reading it
 * costs a message nothing.
 */
export class Watch {
  now: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly settings: WatchSettings,
  ) {
    this.now = clock.elapsed();
  }

  /** `Clock.elapsed()`, exactly. */
  elapsed(): number {
    return this.clock.elapsed();
  }

  start(watcher: Watcher): void {
    const { callTimeout, silence, pingTimeout } = this.settings;
    const shortest = Math.min(callTimeout || Infinity, silence, pingTimeout);
    const every = Math.max(TICK.min, Math.min(TICK.max, shortest / 8));
    this.timer = setInterval(() => this.look(watcher), every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  look(watcher: Watcher): void {
    this.now = this.clock.elapsed();
    for (const relay of watcher.watched()) if (relay.calls.size > 0) this.check(relay, watcher);
  }

  private check(relay: Relay, watcher: Watcher): void {
    const { callTimeout, silence, pingTimeout } = this.settings;
    if (callTimeout > 0) {
      for (const { number, context } of relay.calls.values()) {
        if (this.now - context.heardAt > callTimeout) watcher.overdue(relay, String(number));
      }
    }
    const pinged = relay.pingedAt > relay.heardAt;
    if (pinged && this.now - relay.pingedAt > pingTimeout) return watcher.dead(relay);
    if (pinged || this.now - relay.heardAt <= silence) return;
    relay.pingedAt = this.now;
    watcher.ping(relay);
  }
}
