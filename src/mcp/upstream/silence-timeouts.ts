import { Link } from './upstream-session.js';

export interface SilenceTimeoutSettings {
  /** Milliseconds a call may go without an answer or progress; 0 for no limit. */
  callTimeout: number;
  /** Milliseconds a link with a call in flight may be silent before it is asked for a sign of life. */
  silence: number;
  /** Milliseconds it then has. */
  pingTimeout: number;
}

/** Milliseconds between two looks. */
const LOOK = { min: 20, max: 1_000 };

/** What a look has found. */
export type TimedOut =
  /** The call of this number has had neither answer nor progress in time. */
  | { what: 'call'; link: Link; number: string }
  /** The link is to be asked for a sign of life. */
  | { what: 'silent'; link: Link }
  /** It gave none. */
  | { what: 'dead'; link: Link };

/** Which calls and links have been silent for too long. */
export class SilenceTimeouts {
  constructor(private readonly settings: SilenceTimeoutSettings) {}

  /** Milliseconds between two looks. */
  get every(): number {
    const { callTimeout, silence, pingTimeout } = this.settings;
    const shortest = Math.min(callTimeout || Infinity, silence, pingTimeout);
    return Math.max(LOOK.min, Math.min(LOOK.max, shortest / 8));
  }

  /** @param now `CoarseClock.now` */
  *look(links: Iterable<Link>, now: number): Generator<TimedOut> {
    for (const link of links) {
      if (link.calls.size === 0) continue;
      yield* this.overdue(link, now);
      const found = this.silent(link, now);
      if (found) yield { what: found, link };
    }
  }

  private *overdue(link: Link, now: number): Generator<TimedOut> {
    const { callTimeout } = this.settings;
    if (callTimeout === 0) return;
    for (const { number, context } of link.calls.values())
      if (now - context.heardAt > callTimeout) yield { what: 'call', link, number: String(number) };
  }

  private silent(link: Link, now: number): 'silent' | 'dead' | undefined {
    const { silence, pingTimeout } = this.settings;
    const pinged = link.pingedAt > link.heardAt;
    if (pinged && now - link.pingedAt > pingTimeout) return 'dead';
    return !pinged && now - link.heardAt > silence ? 'silent' : undefined;
  }
}
