import { Connection } from '../../kernel/ports/connection.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { GatewayError } from '../../kernel/errors.js';
import { Ticket } from '../../kernel/fair-queue.js';
import { Holder, Lease } from '../../pool/lease.js';
import { RequestMap, Sequence } from '../eras/legacy/request-map.js';
import { Backlog } from './backlog.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';

/** Calls a unit may go on with although nobody waits for them. */
const MAX_ABANDONED = 1_024;

/** Scope of the gateway's own requests: no client's. */
export const OWN = '\0';

/** A client's request on its way through a unit. */
export interface Call {
  /** The connection that asked and gets the answer. */
  via: Connection;
  method: string;
  /** The tool it calls. */
  tool: string | undefined;
  /** Whether it had to wait for something other than the unit: a client's answer, or the end of a task. */
  asked: boolean;
  /** The trace it belongs to, where its client says one (W3C Trace Context). */
  trace: string | undefined;
  /** What it subscribes to. */
  uri: string | undefined;
  /** Clock.elapsed() when it came in. */
  startedAt: number;
  /** `CoarseClock.now` when it was sent or last reported progress. */
  heardAt: number;
  /** The request as the client sent it, kept where it may be sent again. */
  frame: JsonRpcMessage | undefined;
  /** How often it has been tried. */
  tries: number;
  /** Whether an earlier try may have reached the unit. */
  unsure: boolean;
  /** Milliseconds from its coming in to its being sent, where that was measured. */
  ownMs: number | undefined;
}

/** A question of a unit on its way to a client. */
export interface Ask {
  to: Connection;
  /** Whose answer is taken. */
  scope: string;
}

/** What came while no link was there. */
export interface Waiting {
  frame: JsonRpcMessage;
  via: Connection;
  scope: string;
  tries: number;
  unsure: boolean;
}

/** A call that waits until less are in flight at its unit. */
export interface Turn extends Waiting {
  upstream: UpstreamSession;
  /** Whose turn it is. */
  client: string;
}

/** For whom a relay works: a session, or all that share a line. */
export interface UpstreamOwner {
  /** For logs. */
  readonly label: string;
  /** Which instance it should be, where the choice is free. */
  readonly affinity: string;
  /** Where messages go that relate to no call. */
  readonly home: Connection;
  /** Milliseconds since the epoch. */
  readonly lastActiveAt: number;
  /** Whether several clients use the relay. */
  readonly shared: boolean;
  /** Whether it goes on when the unit has lost what it knew. */
  readonly survives: boolean;
  /** Whether a link may be taken and replaced without anybody noticing. */
  readonly renewable: boolean;
  /** By what the client is known to limits whose calls have this scope; '' for the owner itself. */
  clientOf(scope: string): string;
  /** A sign of life that counts for the owner. */
  touch(): void;
  /** The unit has answered `initialize`; called before anything that the unit says after it. */
  opened(upstream: UpstreamSession, answer: JsonRpcMessage): void;
  /** A message of the unit to a client: which one, and where it relates to. */
  notified(upstream: UpstreamSession, frame: JsonRpcMessage, where: Ask): void;
  /** The link is gone, and so is what the unit kept with it. Calls have been answered or wait for the next link. */
  lost(upstream: UpstreamSession, why: GatewayError): void;
  /** The pool took the lease back. */
  reclaimed(upstream: UpstreamSession): void;
}

/** Who looks after relays. */
export interface UpstreamKeeper {
  reclaim(upstream: UpstreamSession, lease: Lease): void;
  useless(upstream: UpstreamSession, why: GatewayError, unsent: string): void;
  /** The last call of a remnant has ended. */
  outlived(remnant: UpstreamSession): void;
}

/**
 * One owner joined to one unit: the lease it holds, the calls that are waited for, the questions (sampling,
 * elicitation, roots) that the unit waits for. State only; `relays`, `dispatch` and `return` do the work.
 */
export class UpstreamSession implements Holder {
  /** client → unit */
  calls: RequestMap<Call>;
  /** unit → client */
  asks: RequestMap<Ask>;
  lease: Lease | undefined;
  /** The link in use or being opened; what an older one says is not heard. */
  handshake: LegacyHandshake | undefined;
  /** While a link is being opened: what is to be sent then, bounded like calls. */
  waiting: Waiting[] | undefined;
  /** Calls that wait for room at the unit. */
  readonly queued = new Backlog<Ticket<Turn>>();
  /** The opening of a link under way: rejects when it cannot be had. */
  opening: Promise<void> | undefined;
  /** On a shared link: calls the unit was told to forget and has not answered, by number; whose they were. */
  abandoned = new Map<string, string>();
  /** More were abandoned than could be remembered: nothing can be told by what is in flight. */
  doubtful = false;
  /** `initialize` as the unit gets it; without it no link can be opened. */
  initialize: JsonRpcMessage | undefined;
  /** Whether the client has said `notifications/initialized`, or the gateway says it in its place. */
  greeted = false;
  /** What a new link must be told: the last `logging/setLevel`, and `resources/subscribe` by URI. */
  level: JsonRpcMessage | undefined;
  readonly subscriptions = new Map<string, JsonRpcMessage>();
  ended = false;
  /** The unit's state went with its link, and nobody has been told yet. */
  forgotten = false;
  /** Links that were left with calls in flight: each ends with the last of them. */
  readonly remnants = new Set<UpstreamSession>();
  /** Of a remnant: who has left it the link. What must be sent again goes by that one's. */
  heir: UpstreamSession | undefined;
  /** Of a remnant: its last call has ended, and so will its link. */
  outlived = false;
  /** The instance that failed last: others are tried first. */
  avoid: Instance | undefined;
  /** The instance it goes back to: it is tried first. */
  wanted: Instance | undefined;
  /** Something broke off, and the unit is being asked whether it is still there. */
  verifying = false;
  /** The instance takes no connections any more, while calls are in flight there. */
  doubted: GatewayError | undefined;
  /** A new link is being told what the one before knew. */
  restoring = false;
  /** `CoarseClock.now` when a link was last opened for its subscriptions alone. */
  revivedAt = -Infinity;
  /** `CoarseClock.now` when the unit was last heard. */
  heardAt = 0;
  /** `CoarseClock.now` when it was asked for a sign of life, 0 when it was not. */
  pingedAt = 0;

  constructor(
    readonly owner: UpstreamOwner,
    readonly unit: Unit,
    private readonly questions: Sequence,
    private readonly keeper: UpstreamKeeper,
  ) {
    this.calls = new RequestMap<Call>();
    this.asks = new RequestMap<Ask>(questions);
  }

  get busy(): boolean {
    return this.calls.size > 0 || this.asks.size > 0 || this.waiting !== undefined || this.queued.size > 0;
  }

  /** Whether a link is there with nothing under way that concerns the link itself. */
  get settledIn(): boolean {
    if (!this.lease || this.waiting || this.opening || this.restoring || this.verifying || this.doubted) return false;
    return this.greeted && this.initialize !== undefined;
  }

  /** What is said of it in facts. */
  about({ id: instance }: Instance): { unit: string; instance: string; session: string } {
    return { unit: this.unit.name, instance, session: this.owner.label };
  }

  /** Gives its link up. */
  unlink(why: GatewayError): void {
    const { lease, handshake } = this;
    this.lease = undefined;
    this.handshake = undefined;
    this.pingedAt = 0;
    this.verifying = false;
    this.doubted = undefined;
    handshake?.fail(why);
    void lease?.release();
  }

  /** Leaves its link, and what is in flight there, to another relay, and is without one. */
  split(): UpstreamSession {
    const rest = new UpstreamSession(this.owner, this.unit, this.questions, this.keeper);
    [rest.calls, this.calls] = [this.calls, rest.calls];
    [rest.asks, this.asks] = [this.asks, rest.asks];
    [rest.abandoned, this.abandoned] = [this.abandoned, rest.abandoned];
    [rest.doubtful, this.doubtful] = [this.doubtful, false];
    rest.heir = this;
    rest.greeted = true;
    rest.heardAt = this.heardAt;
    [rest.pingedAt, this.pingedAt] = [this.pingedAt, 0];
    [rest.lease, this.lease] = [this.lease, undefined];
    [rest.handshake, this.handshake] = [this.handshake, undefined];
    rest.lease?.handTo(rest);
    this.remnants.add(rest);
    return rest;
  }

  /** Whose link it is that this handshake has opened: its own, or one that it has left. */
  behind(handshake: LegacyHandshake): UpstreamSession | undefined {
    if (this.handshake === handshake) return this;
    return this.find(remnant => remnant.handshake === handshake);
  }

  /** Who has passed on the call of this id, if anybody. */
  caller(id: string | undefined, scope: string): UpstreamSession {
    if (this.remnants.size === 0 || id === undefined || this.calls.has(id, scope)) return this;
    return this.find(remnant => remnant.calls.has(id, scope)) ?? this;
  }

  /** Who has passed on the question of this number, if anybody. */
  asker(number: string | undefined): UpstreamSession {
    if (this.remnants.size === 0 || number === undefined || this.asks.get(number)) return this;
    return this.find(remnant => remnant.asks.get(number) !== undefined) ?? this;
  }

  /** Requests of one sender under way, by all its links. */
  countOf(scope: string): number {
    let count = this.calls.countOf(scope);
    for (const { calls } of this.remnants) count += calls.countOf(scope);
    return count;
  }

  private find(wanted: (remnant: UpstreamSession) => boolean): UpstreamSession | undefined {
    for (const remnant of this.remnants) if (wanted(remnant)) return remnant;
    return undefined;
  }

  /** Whether a request with this id is under way or waits. */
  has(id: string, scope: string): boolean {
    if (this.caller(id, scope).calls.has(id, scope) || this.queued.has(scope, id)) return true;
    return (
      this.waiting?.some(one => one.scope === scope && one.frame.kind === 'request' && one.frame.id === id) ?? false
    );
  }

  /** Calls of clients that the unit works on. */
  get inFlight(): number {
    let calls = 0;
    for (const { scope } of this.calls.values()) if (scope !== OWN) calls++;
    return calls;
  }

  /** Nobody waits for this call any more, but the unit may work on it for a while. */
  abandon(number: string, scope: string): void {
    this.calls.take(number);
    if (!this.owner.shared || this.doubtful) return;
    this.abandoned.set(number, scope);
    if (this.abandoned.size <= MAX_ABANDONED) return;
    this.abandoned.clear();
    this.doubtful = true;
  }

  /** Requests that somebody waits for, the gateway itself not counted. */
  get load(): number {
    let load = this.queued.size;
    for (const { scope } of this.calls.values()) if (scope !== OWN) load++;
    for (const { scope, frame } of this.waiting ?? []) if (scope !== OWN && frame.kind === 'request') load++;
    return load;
  }

  /** Whether one of those who use the relay waits for a call. */
  awaitedBy(scope: string): boolean {
    for (const call of this.calls.values()) if (call.scope === scope && call.context.via.attached) return true;
    if (this.queued.countOf(scope) > 0 || this.find(remnant => remnant.awaitedBy(scope))) return true;
    return this.waiting?.some(one => one.scope === scope) ?? false;
  }

  /** Whether anybody listens for what is in flight. */
  get awaited(): boolean {
    for (const { context } of this.calls.values()) if (context.via.attached) return true;
    if (this.waiting !== undefined || this.queued.size > 0) return true;
    return this.find(remnant => remnant.awaited) !== undefined;
  }

  /** A call has ended: with the last one the lease is parked, and somebody may wait for it. */
  settled(): void {
    if (this.busy) return;
    if (this.heir) this.keeper.outlived(this);
    else this.lease?.parked();
  }

  get attached(): boolean {
    return this.owner.home.attached;
  }

  get client(): string {
    return this.owner.clientOf('');
  }

  get renewable(): boolean {
    return this.owner.renewable;
  }

  get lastActiveAt(): number {
    return this.owner.lastActiveAt;
  }

  reclaim(lease: Lease): void {
    this.keeper.reclaim(this, lease);
  }

  /** The link took no more: the request of this number was not sent. */
  useless(why: GatewayError, number: string): void {
    this.keeper.useless(this, why, number);
  }
}
