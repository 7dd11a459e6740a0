import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Ticket } from '../../kernel/fair-queue.js';
import { GatewayError } from '../../kernel/errors.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { Backlog } from './backlog.js';
import { OWN, Waiting } from './call.js';
import { SESSION_TRANSITIONS, SessionEvent } from './session-state.js';
import { assertTransition } from '../../kernel/transitions.js';
import { LinkListener, LinkUser, UpstreamLink } from './upstream-link.js';
import { UpstreamOwner } from './upstream-owner.js';

/** A link of an upstream session. */
export type Link = UpstreamLink<UpstreamSession>;

/** A call that waits until less are in flight at its unit. */
export interface Turn extends Waiting {
  upstream: UpstreamSession;
  /** Whose turn it is. */
  client: string;
}

/** `attempt`: the link that is being opened; `done`: rejects when none can be had. */
type SessionState =
  | { is: 'unlinked' }
  | { is: 'linking'; attempt: Link | undefined; done: Promise<void> }
  | { is: 'linked'; link: Link }
  | { is: 'ended' };

/**
 * What one owner has with one unit: how it introduces itself, its log level and subscriptions, what waits to be sent, the
 * link that serves it now, and those that drain.
 */
export class UpstreamSession implements LinkUser {
  /** Calls that wait for room at the unit. */
  readonly queued = new Backlog<Ticket<Turn>>();
  /** `initialize` as the unit gets it; without it no link can be opened. */
  initialize: JsonRpcMessage | undefined;
  /** Whether the client has said `notifications/initialized`, or the gateway says it in its place. */
  greeted = false;
  /** What a new link must be told: the last `logging/setLevel`, and `resources/subscribe` by URI. */
  level: JsonRpcMessage | undefined;
  readonly subscriptions = new Map<string, JsonRpcMessage>();
  /** The unit's state went with its link, and nobody has been told yet. */
  forgotten = false;
  /** The instance that failed last: others are tried first. */
  avoid: Instance | undefined;
  /** The instance it goes back to: it is tried first. */
  wanted: Instance | undefined;
  /** `CoarseClock.now` when a link was last opened for its subscriptions alone. */
  revivedAt = -Infinity;
  private state: SessionState = { is: 'unlinked' };
  private readonly drainingLinks = new Set<Link>();
  /** What waits for a link to be opened or restored, or for what becomes of a suspect one. */
  private held: Waiting[] | undefined;

  constructor(
    readonly owner: UpstreamOwner,
    readonly unit: Unit,
    private readonly questions: Sequence,
    private readonly listener: LinkListener<UpstreamSession>,
  ) {}

  /** The link that calls go by. */
  get link(): Link | undefined {
    return this.state.is === 'linked' ? this.state.link : undefined;
  }

  get ended(): boolean {
    return this.state.is === 'ended';
  }

  /** Resolves when the link that is being opened is there, rejects when none can be had; undefined while none is. */
  get opening(): Promise<void> | undefined {
    return this.state.is === 'linking' ? this.state.done : undefined;
  }

  /** Links that were left with calls in flight. */
  get draining(): ReadonlySet<Link> {
    return this.drainingLinks;
  }

  /** Its link, be it only being opened, and those that drain. */
  *links(): Generator<Link> {
    if (this.state.is === 'linked') yield this.state.link;
    if (this.state.is === 'linking' && this.state.attempt) yield this.state.attempt;
    yield* this.drainingLinks;
  }

  /** A link is being opened from now on, and messages are held back. @returns what `connect` does */
  open(connect: () => Promise<void>): Promise<void> {
    const state: SessionState = { is: 'linking', attempt: undefined, done: Promise.resolve() };
    this.move('open', state);
    this.held ??= [];
    state.done = connect();
    return state.done;
  }

  /** One attempt to open it, at one instance. */
  attempt(instance: Instance, handshake: LegacyHandshake): Link {
    if (this.state.is !== 'linking') throw new Error(`An upstream session that is ${this.state.is} opens no link.`);
    const link = new UpstreamLink<UpstreamSession>(this, instance, handshake, this.questions, this.listener);
    this.state.attempt = link;
    return link;
  }

  opened(link: Link): void {
    this.move('opened', { is: 'linked', link });
  }

  notOpened(): void {
    this.move('not_opened', { is: 'unlinked' });
  }

  /** A link is gone: its own, or one that drained. */
  dropped(link: Link): void {
    if (this.drainingLinks.delete(link)) return;
    this.move('unlinked', { is: 'unlinked' });
  }

  /** Leaves its link, and what is in flight there. */
  leave(): Link {
    const { link } = this;
    if (!link) throw new Error(`An upstream session that is ${this.state.is} leaves no link.`);
    this.move('unlinked', { is: 'unlinked' });
    link.drain();
    this.drainingLinks.add(link);
    return link;
  }

  /** Ends for good, and gives its links up. */
  end(why: GatewayError): void {
    const links = [...this.links()];
    this.move('end', { is: 'ended' });
    this.drainingLinks.clear();
    this.subscriptions.clear();
    for (const link of links) {
      link.asks.clear();
      link.close(why).catch(() => undefined);
    }
  }

  get waits(): boolean {
    return this.held !== undefined || this.queued.size > 0;
  }

  /** What is held back at this moment; undefined where messages go at once. */
  get waiting(): readonly Waiting[] | undefined {
    return this.held;
  }

  wait(...these: readonly Waiting[]): void {
    (this.held ??= []).push(...these);
  }

  /** Nothing is held back any more. @returns what was */
  takeWaiting(): Waiting[] {
    const { held = [] } = this;
    this.held = undefined;
    return held;
  }

  /** Takes back what is held and meant. */
  withdrawWaiting(meant: (one: Waiting) => boolean): Waiting[] {
    const taken = this.held?.filter(meant) ?? [];
    if (taken.length > 0) this.held = this.held!.filter(one => !meant(one));
    return taken;
  }

  get busy(): boolean {
    const { link } = this;
    return this.waits || (link !== undefined && (link.calls.size > 0 || link.asks.size > 0));
  }

  /** Whether a link is there with nothing under way that concerns the link itself. */
  get settledIn(): boolean {
    const { link } = this;
    if (link?.state !== 'open' || link.health.is !== 'well' || this.held) return false;
    return this.greeted && this.initialize !== undefined;
  }

  /** The link that has passed on the call of this id; its own where none has. */
  linkOfCall(id: string | undefined, scope: string): Link | undefined {
    if (id === undefined || this.drainingLinks.size === 0 || this.link?.calls.has(id, scope)) return this.link;
    return this.find(({ calls }) => calls.has(id, scope)) ?? this.link;
  }

  /** The link that has passed on the question of this number; its own where none has. */
  linkOfAsk(number: string | undefined): Link | undefined {
    if (number === undefined || this.drainingLinks.size === 0 || this.link?.asks.get(number)) return this.link;
    return this.find(({ asks }) => asks.get(number) !== undefined) ?? this.link;
  }

  /** Requests of one sender under way, by all its links. */
  countOf(scope: string): number {
    let count = this.link?.calls.countOf(scope) ?? 0;
    for (const { calls } of this.drainingLinks) count += calls.countOf(scope);
    return count;
  }

  /** Whether a request with this id is under way or waits. */
  has(id: string, scope: string): boolean {
    if (this.linkOfCall(id, scope)?.calls.has(id, scope) || this.queued.has(scope, id)) return true;
    return this.held?.some(one => one.scope === scope && one.frame.kind === 'request' && one.frame.id === id) ?? false;
  }

  /** Requests that somebody waits for, the gateway itself not counted. */
  get load(): number {
    let load = this.queued.size;
    for (const { inFlight } of this.links()) load += inFlight;
    for (const { scope, frame } of this.held ?? []) if (scope !== OWN && frame.kind === 'request') load++;
    return load;
  }

  /** Whether one of those who use it waits for a call. */
  awaitedBy(scope: string): boolean {
    for (const link of this.links()) if (link.isAwaited(scope)) return true;
    return this.queued.countOf(scope) > 0 || (this.held?.some(one => one.scope === scope) ?? false);
  }

  /** Whether anybody listens for what is in flight, or something waits. */
  get awaited(): boolean {
    for (const link of this.links()) if (link.isAwaited()) return true;
    return this.waits;
  }

  /** Whether somebody would miss what the unit says while there is no link. */
  get isMissed(): boolean {
    return this.owner.home.attached || this.subscriptions.size > 0;
  }

  private find(wanted: (link: Link) => boolean): Link | undefined {
    for (const link of this.drainingLinks) if (wanted(link)) return link;
    return undefined;
  }

  private move(event: SessionEvent, to: SessionState): void {
    assertTransition(SESSION_TRANSITIONS, 'an upstream session', this.state.is, event, to.is);
    this.state = to;
  }
}
