import { Backoff } from './backoff.js';
import { reconnectDecisionOf, isBlocked } from './reconnect-policy.js';
import { Link, LinkEnd, LinkSettings } from './link.js';
import { Connected, GatewayFrame, Hello, TransportName } from './protocol.js';
import { TransportSelector } from './transport-selector.js';
import { ViableError } from './viable-error.js';
import { Wire, WireEvents } from './wire.js';

export interface ConnectorSettings extends LinkSettings {
  /** Milliseconds on the second-best transport before the best is tried again beside it; each failure doubles it. */
  wayBack: number;
}

export interface ConnectorEvents {
  /**
   * @param wanted whether the connection still is to come about
   * @returns rejected where no credentials can be had
   */
  hello(wanted: () => boolean): Promise<Hello>;
  /** A connection is welcome and takes over from whatever was there. */
  open(link: Link, connected: Connected, from: TransportName | undefined): void;
  frame(link: Link, frame: GatewayFrame): void;
  /** The connection in use is gone. */
  down(end: LinkEnd): void;
  waiting(milliseconds: number, error: ViableError | undefined): void;
  connecting(transport: TransportName): void;
  /** @returns whether there was a resume token to forget */
  forgetToken(): boolean;
  /** @returns whether the next hello may hold other credentials */
  askAnew(): boolean;
  /** It will not come again. */
  stopped(error: ViableError): void;
  /** A connection that was to take over is not coming about; the one in use stays. */
  stayed(): void;
}

/** Milliseconds a connection must last for the back-off to begin anew. */
const LASTING = 5_000;
const LONGEST_TIMER = 2 ** 31 - 1;
const LONGEST_WAY_BACK = 300_000;

/**
 * Keeps one connection up. There is at most one more, on its way: it takes over when it is welcomed, and not before.
 */
export class Connector {
  private current: Link | undefined;
  private pending: Link | undefined;
  private last: TransportName | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private back: ReturnType<typeof setTimeout> | undefined;
  private backAfter: number;
  private since = 0;
  private stopped = false;

  constructor(
    private readonly wireFor: (transport: TransportName, events: WireEvents) => Wire,
    readonly selector: TransportSelector,
    private readonly backoff: Backoff,
    private readonly settings: ConnectorSettings,
    private readonly events: ConnectorEvents,
  ) {
    this.backAfter = settings.wayBack;
  }

  get link(): Link | undefined {
    return this.current;
  }

  /** Connects now, if nothing is connected or on its way: at first, or because the network is back. */
  attempt(): void {
    if (this.stopped || this.current || this.pending) return;
    const transport = this.selector.next();
    this.events.connecting(transport);
    this.open(transport);
  }

  /** Gives up the connection in use and comes again with the position. */
  again(why: string): void {
    this.current?.end({ error: new ViableError('connection_lost', why) });
  }

  /** Comes by another transport: beside the connection in use, as long as there is one. */
  switchTo(transport: TransportName): void {
    if (this.stopped || this.pending?.transport === transport) return;
    if (this.current?.transport === transport) return this.drop();
    this.drop();
    if (!this.current) return this.attempt();
    this.open(transport);
  }

  /** The gateway's wish. @param after milliseconds; the next attempt goes there anyway */
  switchLater(transport: TransportName, after: number): void {
    this.selector.prefer(transport);
    clearTimeout(this.back);
    this.back = setTimeout(() => this.switchTo(transport), Math.min(after, LONGEST_TIMER));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.back);
    this.pending?.close();
    this.current?.close();
    this.pending = this.current = undefined;
  }

  private open(transport: TransportName): void {
    clearTimeout(this.retry);
    const link = new Link(events => this.wireFor(transport, events), this.settings, {
      welcome: (_, connected) => this.welcomed(link, connected),
      frame: (_, frame) => {
        if (link === this.current) this.events.frame(link, frame);
      },
      ended: (_, end) => this.ended(link, end),
    });
    this.pending = link;
    link.open(() => this.events.hello(() => link === this.pending));
  }

  private drop(): void {
    if (!this.pending) return;
    this.pending.close();
    this.pending = undefined;
    if (this.current) this.events.stayed();
  }

  private welcomed(link: Link, connected: Connected): void {
    const old = this.current;
    const from = this.last;
    this.pending = undefined;
    this.current = link;
    this.last = link.transport;
    this.since = Date.now();
    this.backoff.ease();
    this.selector.worked(link.transport);
    this.goBackLater();
    this.events.open(link, connected, from);
    old?.close();
  }

  private ended(link: Link, end: LinkEnd): void {
    if (link === this.current) this.lost(end);
    else if (link === this.pending) this.failed(end);
  }

  private lost(end: LinkEnd): void {
    this.current = undefined;
    clearTimeout(this.back);
    if (Date.now() - this.since >= LASTING) this.backoff.reset();
    this.events.down(end);
    if (this.stopped) return;
    // The connection on its way has replaced this one, or will be told itself what it may not.
    if (this.pending?.greeted || (this.pending && reconnectDecisionOf(end) !== 'never')) {
      return this.events.connecting(this.pending.transport);
    }
    this.decide(end);
  }

  private failed(end: LinkEnd): void {
    this.pending = undefined;
    if (this.current) {
      this.backAfter = Math.min(this.backAfter * 2, LONGEST_WAY_BACK);
      this.events.stayed();
      this.goBackLater();
      if (end.error && reconnectDecisionOf(end) === 'rejoin') this.events.forgetToken();
      return;
    }
    if (isBlocked(end)) this.selector.failed();
    this.decide(end);
  }

  private decide(end: LinkEnd): void {
    const fate = reconnectDecisionOf(end);
    const anew = (fate === 'rejoin' && this.events.forgetToken()) || (fate === 'credentials' && this.events.askAnew());
    if (anew) return this.attempt();
    if (fate === 'again') return this.later(end);
    const code = end.reason ?? 'closed';
    this.events.stopped(end.error ?? new ViableError(code, `The gateway has closed the connection: ${code}.`));
  }

  private later({ retryAfter, error }: LinkEnd): void {
    const wait = Math.min((retryAfter ?? 0) + this.backoff.next(), LONGEST_TIMER);
    this.events.waiting(wait, error);
    clearTimeout(this.retry);
    if (!this.stopped) this.retry = setTimeout(() => this.attempt(), wait);
  }

  private goBackLater(): void {
    clearTimeout(this.back);
    const best = this.selector.preferred;
    if (this.current?.transport === best) this.backAfter = this.settings.wayBack;
    else this.back = setTimeout(() => this.switchTo(best), this.backAfter);
  }
}
