import { EnterRequest } from './message-log.js';

export interface FlowControlSettings {
  /** Messages in the window above which a client that acknowledges gets half the rate, and only `high` ones. */
  windowHalf: number;
  windowFull: number;
  /** Messages per second that may enter a window at the full rate. */
  rate: number;
  /** Milliseconds the oldest message may wait for its acknowledgement before writes are bundled, and how long a bundle takes. */
  lag: number;
  bundle: number;
  /** Bytes a socket may hold before nothing more is written to it. */
  socketBuffer: number;
}

/** Messages of one session that may enter in one turn: the others have their turn too. */
const TURN = 256;
/** Milliseconds that one mark stands for, by which the age of the oldest message is known. */
const MARK = 100;
/** Milliseconds of the half rate that may be saved up, at most. */
const SAVED = 100;
/** Milliseconds after which to ask again where nothing says when. */
const SOON = 10;

const UNLIMITED = { high: TURN, all: TURN };

/** How fast one session's messages may enter its window, judged by what its client acknowledges. */
export class FlowControl {
  private tokens = 0;
  private filledAt: number;
  /** When what is below which sequence entered; only while something is not acknowledged. */
  private marks: { next: number; at: number }[] = [];

  /** @param now `Clock.elapsed()`, here and below */
  constructor(
    private readonly settings: FlowControlSettings,
    now: number,
  ) {
    this.filledAt = now;
  }

  /** What may enter now. Clients that acknowledge nothing are held back by their sockets alone. */
  room(acking: boolean, inWindow: number, now: number): Omit<EnterRequest, 'session' | 'owner'> {
    if (!acking) return UNLIMITED;
    const { windowHalf, windowFull } = this.settings;
    if (inWindow >= windowFull) return { high: TURN, all: 0 };
    if (inWindow >= windowHalf) {
      this.fill(now);
      return { high: TURN, all: Math.min(Math.floor(this.tokens), windowFull - inWindow) };
    }
    // Below it there is nothing to count, and nothing to save up for later either.
    this.tokens = 0;
    this.filledAt = now;
    return { high: TURN, all: windowHalf - inWindow };
  }

  /** Milliseconds until there may be room for one more, whatever its priority; undefined if time alone makes none. */
  wait(acking: boolean, inWindow: number): number | undefined {
    if (!acking || inWindow < this.settings.windowHalf) return SOON;
    if (inWindow >= this.settings.windowFull) return undefined;
    return Math.max(1, ((1 - this.tokens) * 2_000) / this.settings.rate);
  }

  /** So many have entered the window of a client that acknowledges. */
  entered(count: number, next: number, confirmed: number, now: number): void {
    this.tokens = Math.max(0, this.tokens - count);
    this.forget(confirmed);
    const last = this.marks.at(-1);
    if (last && now - last.at < MARK) last.next = next;
    else this.marks.push({ next, at: now });
  }

  /** Whether the oldest message that is not acknowledged is older than it should be. */
  lags(confirmed: number, now: number): boolean {
    return this.age(confirmed, now) > this.settings.lag;
  }

  /** Milliseconds since the oldest message entered that waits for its acknowledgement; 0 where none does. */
  age(confirmed: number, now: number): number {
    this.forget(confirmed);
    const oldest = this.marks[0];
    return oldest === undefined ? 0 : now - oldest.at;
  }

  private forget(confirmed: number): void {
    while (this.marks.length > 0 && this.marks[0]!.next <= confirmed) this.marks.shift();
  }

  /** Half the rate: the full one holds only below `windowHalf`, where it needs no counting. */
  private fill(now: number): void {
    const perMs = this.settings.rate / 2_000;
    this.tokens = Math.min(Math.max(1, SAVED * perMs), this.tokens + (now - this.filledAt) * perMs);
    this.filledAt = now;
  }
}
