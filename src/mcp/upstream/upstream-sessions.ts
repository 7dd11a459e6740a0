import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { readAgreement } from '../eras/legacy/initialize.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { CallRecovery } from './call-recovery.js';
import { UpstreamConnector, Bound } from './connector.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { Rebalancer } from './rebalancer.js';
import { InternalConnection } from './internal-connection.js';
import { OWN, UpstreamSession, UpstreamKeeper, UpstreamOwner } from './upstream-session.js';
import { Remnants } from './remnants.js';
import { ResponseRouter } from './response-router.js';
import { UnitStats } from './unit-stats.js';
import { Verification } from './verification.js';
import { CallTimeouts } from './call-timeouts.js';
import { CoarseClock } from './coarse-clock.js';

/** Milliseconds between two links that are opened only because of subscriptions. */
const REVIVAL = 30_000;

/** The stations a relay works with. */
export interface UpstreamSessionsParts {
  connector: UpstreamConnector;
  dispatcher: RequestDispatcher;
  back: ResponseRouter;
  watch: CoarseClock;
  rebalancer: Rebalancer;
  /** What is known of each unit as a whole. */
  units: UnitStats;
}

/**
 * The life of relays: opened when there is something to send, moved to another instance where the unit keeps no state,
 * and what becomes of calls when a link fails (docs/FAULTS.md has the table).
 */
export class UpstreamSessions implements Bound, UpstreamKeeper {
  private readonly live = new Set<UpstreamSession>();
  private readonly questions = new Sequence();
  private readonly recovery: CallRecovery;
  private readonly verification: Verification;
  private readonly remnants: Remnants;
  private inquiries = 0;

  constructor(
    private readonly parts: UpstreamSessionsParts,
    private readonly bus: EventBus,
    counters: Counters,
  ) {
    this.recovery = new CallRecovery(parts.dispatcher, parts.units, counters);
    this.verification = new Verification(this, this.recovery, parts.dispatcher);
    parts.watch.start(new CallTimeouts(this, this.recovery, parts.units));
    this.remnants = new Remnants(this.live, this.reopen.bind(this), parts.dispatcher);
    parts.rebalancer.start(this.remnants);
    parts.dispatcher.beforeTurn = upstream => this.seeTo(upstream);
  }

  create(owner: UpstreamOwner, unit: Unit): UpstreamSession {
    const upstream = new UpstreamSession(owner, unit, this.questions, this);
    this.live.add(upstream);
    return upstream;
  }

  /**
   * Opens a link; resolves when the unit has answered `initialize`.
   * @throws GatewayError as `UpstreamConnector.bind`; whatever waited is still waiting then
   */
  async open(upstream: UpstreamSession, initialize: JsonRpcMessage): Promise<void> {
    upstream.initialize = initialize;
    upstream.waiting ??= [];
    await this.parts.connector.bind(upstream, initialize, this);
  }

  /** Takes a client's frame, and opens a link first where there is none. */
  forward(upstream: UpstreamSession, frame: JsonRpcMessage, via: Connection, scope = ''): void {
    const { dispatcher } = this.parts;
    if (frame.kind === 'request' && upstream.forgotten && scope !== OWN) {
      upstream.forgotten = false;
      return dispatcher.refuse(frame, via, new GatewayError('state_lost'));
    }
    if (frame.kind === 'request') {
      const refusal = this.seeTo(upstream, scope);
      if (refusal) return dispatcher.refuse(frame, via, refusal);
    }
    if (frame.kind !== 'response' && scope !== OWN) this.parts.units.absorb(upstream.unit, frame);
    dispatcher.forward(upstream, frame, via, scope);
  }

  /** Before a call: sees to it that there is a link it may go by, or is going to be. @returns why there is none */
  private seeTo(upstream: UpstreamSession, scope?: string): GatewayError | undefined {
    const refusal = scope === OWN ? undefined : this.parts.rebalancer.check(upstream);
    if (!refusal && !upstream.lease && !upstream.waiting && upstream.initialize) void this.reopen(upstream);
    return refusal;
  }

  /** Sees to it that there is a link. @throws GatewayError why there is none */
  async linked(upstream: UpstreamSession): Promise<void> {
    if (upstream.opening || !upstream.lease) await (upstream.opening ?? this.reopen(upstream));
    if (!upstream.lease) throw new GatewayError('unit_unavailable', 'The unit refused to initialize.');
  }

  /** One of those who use the relay leaves: what it waits for is answered with this error, as is what it was asked. */
  leave(upstream: UpstreamSession, scope: string, error: GatewayError): void {
    for (const remnant of [...upstream.remnants]) this.leave(remnant, scope, error);
    for (const { number, id, scope: whose, context } of [...upstream.calls.values()]) {
      if (whose !== scope) continue;
      upstream.abandon(String(number), scope);
      this.tell(upstream, { method: 'notifications/cancelled', params: { requestId: number } });
      this.recovery.answer(context.via, id, error);
    }
    const waiting = upstream.waiting?.filter(one => one.scope === scope) ?? [];
    upstream.waiting = upstream.waiting?.filter(one => one.scope !== scope);
    waiting.push(...this.parts.dispatcher.withdraw(upstream, scope));
    for (const { frame, via } of waiting) this.parts.dispatcher.refuse(frame, via, error);
    for (const { number, id, context } of [...upstream.asks.values()]) {
      if (context.scope !== scope) continue;
      upstream.asks.take(String(number));
      this.send(upstream, JsonRpcMessage.error(id, error));
    }
    upstream.settled();
  }

  /** Nobody is there to answer this question. */
  decline(upstream: UpstreamSession, question: JsonRpcMessage): void {
    const error = new GatewayError('unknown_method', 'It cannot be told which client this is for.');
    const answer =
      question.method === 'ping' ? JsonRpcMessage.result(question.id, {}) : JsonRpcMessage.error(question.id, error);
    this.parts.dispatcher.forward(upstream, answer, new InternalConnection());
  }

  /** A request of the gateway's own. Resolves with the unit's answer or with an error frame. */
  inquire(upstream: UpstreamSession, method: string, params: object = {}): Promise<JsonRpcMessage> {
    const inquiry = new InternalConnection();
    this.forward(upstream, JsonRpcMessage.of({ id: ++this.inquiries, method, params }), inquiry, OWN);
    return inquiry.answer;
  }

  /** Ends a relay: whoever waits is answered, the lease goes back. */
  end(upstream: UpstreamSession, error: GatewayError): void {
    for (const remnant of upstream.remnants) this.end(remnant, error);
    this.live.delete(upstream);
    this.parts.rebalancer.forget(upstream);
    for (const { id, context } of upstream.calls.clear()) this.recovery.answer(context.via, id, error);
    upstream.ended = true;
    const queued = this.parts.dispatcher.withdraw(upstream);
    if (queued.length > 0) upstream.waiting = [...(upstream.waiting ?? []), ...queued];
    this.recovery.stranded(upstream, error);
    upstream.asks.clear();
    upstream.subscriptions.clear();
    upstream.unlink(error);
  }

  opened(upstream: UpstreamSession, answer: JsonRpcMessage): void {
    const agreement = readAgreement(answer);
    if (agreement) upstream.lease!.negotiated(agreement.protocolVersion);
    upstream.owner.opened(upstream, answer);
    if (!agreement) return this.turnedDown(upstream, answer);
    const { lease } = upstream;
    const restored = upstream.greeted ? this.greet(upstream) : undefined;
    if (!restored) return this.parts.dispatcher.release(upstream);
    upstream.restoring = true;
    void restored.then(() => {
      if (upstream.lease !== lease) return;
      upstream.restoring = false;
      this.parts.dispatcher.release(upstream);
    });
  }

  received(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    upstream.heardAt = this.parts.watch.now;
    if (upstream.calls.size > 0) upstream.owner.touch();
    this.parts.back.accept(upstream, frame, inReplyTo);
  }

  failed(upstream: UpstreamSession, instance: Instance, id: string, why: GatewayError): void {
    const { code: error, message } = why;
    const failing = upstream.calls.get(id);
    const { trace } = failing?.context ?? {};
    this.bus.emit('call_failed', { ...upstream.about(instance), call: id, trace, error, message });
    const own = failing?.scope === OWN;
    const unsent = error === 'unit_unavailable';
    const others = upstream.inFlight - (own ? 0 : 1);
    // Nobody takes connections there, or the verification itself has failed. What others wait for may come all the same.
    if ((unsent || (own && upstream.verifying)) && others <= 0) return this.lost(upstream, instance, why, id);
    const entry = upstream.calls.take(id);
    if (entry) this.recovery.again(upstream.heir ?? upstream, entry, unsent, why);
    if (unsent) this.verification.doubt(upstream, why);
    else if (upstream.doubted && upstream.inFlight === 0) return this.lost(upstream, instance, upstream.doubted);
    else void this.verification.ask(upstream);
    upstream.settled();
    if (upstream.heir) this.remnants.resume(upstream.heir);
  }

  useless(upstream: UpstreamSession, why: GatewayError, unsent: string): void {
    this.lost(upstream, upstream.lease!.instance, why, unsent);
  }

  lost(upstream: UpstreamSession, instance: Instance, why: GatewayError, unsent?: string): void {
    const expired = why.code === 'session_expired';
    const calls = upstream.calls.clear();
    const queued = this.parts.dispatcher.withdraw(upstream);
    const { code: error, message } = why;
    this.bus.emit('link_lost', { ...upstream.about(instance), error, message, callsLost: calls.length });
    upstream.avoid = expired ? undefined : instance;
    upstream.unlink(why);
    if (!expired) this.parts.units.failed(instance, why);
    this.withdrawQuestions(upstream);
    const { heir = upstream } = upstream;
    for (const entry of calls) this.recovery.again(heir, entry, String(entry.number) === unsent, why);
    if (upstream.heir) {
      this.remnants.end(upstream);
      return this.remnants.resume(heir);
    }
    for (const turn of queued) this.recovery.unsent(upstream, turn, why);
    const told = queued.length > 0 || calls.some(({ scope }) => scope !== OWN);
    upstream.forgotten = !upstream.unit.stateless && !told;
    upstream.owner.lost(upstream, why);
    // Whatever it was that the unit died of, it is not told again.
    if (upstream.restoring) upstream.subscriptions.clear();
    upstream.restoring = false;
    if (upstream.waiting?.length === 0) upstream.waiting = undefined;
    if (upstream.ended || !upstream.initialize) return;
    if (upstream.waiting || this.worthwhile(upstream)) void this.reopen(upstream);
  }

  outlived(remnant: UpstreamSession): void {
    this.remnants.outlived(remnant);
  }

  /** Subscriptions want a link also while nobody calls, but not one after the other from a unit that dies of it. */
  private worthwhile(upstream: UpstreamSession): boolean {
    const { now } = this.parts.watch;
    if (upstream.subscriptions.size === 0 || now - upstream.revivedAt < REVIVAL) return false;
    upstream.revivedAt = now;
    return true;
  }

  get size(): number {
    return this.live.size;
  }

  /** All relays there are. */
  all(): Iterable<UpstreamSession> {
    return this.live;
  }

  /** Calls that clients wait for, handshakes included. */
  get load(): number {
    return [...this.live].reduce((sum, { load }) => sum + load, 0);
  }

  /** Opens a link for what waits; if that cannot be done, what waits is answered. */
  private reopen(upstream: UpstreamSession): Promise<void> {
    upstream.waiting ??= [];
    const opening = this.open(upstream, upstream.initialize!);
    const mine: Promise<void> = opening.finally(() => {
      if (upstream.opening === mine) upstream.opening = undefined;
    });
    upstream.opening = mine;
    opening.catch((thrown: unknown) => this.recovery.stranded(upstream, toGatewayError(thrown)));
    mine.catch(() => undefined);
    return mine;
  }

  /** The unit said no to `initialize`, or nothing that could be understood. */
  private turnedDown(upstream: UpstreamSession, answer: JsonRpcMessage): void {
    const message = answer.isError
      ? 'The unit refused to initialize.'
      : 'The unit answered initialize with no InitializeResult.';
    const error = new GatewayError('unit_unavailable', message);
    upstream.unlink(error);
    this.recovery.stranded(upstream, error);
  }

  /**
   * What a client would say to a unit that it has just initialized, and had said to the one before: a promise where that
   * is more than a greeting. Calls wait for it, because over HTTP nothing else keeps the order.
   */
  private greet(upstream: UpstreamSession): Promise<unknown> | undefined {
    this.tell(upstream, { method: 'notifications/initialized' });
    const restored = [upstream.level, ...upstream.subscriptions.values()].filter(frame => frame !== undefined);
    if (restored.length === 0) return undefined;
    return Promise.all(restored.map(({ method, params }) => this.askNow(upstream, method, params)));
  }

  /** A request of the gateway's own, past what waits for a link. Resolves with the answer, an error included. */
  askNow(upstream: UpstreamSession, method: string, params: object = {}): Promise<JsonRpcMessage> {
    const inquiry = new InternalConnection();
    const frame = JsonRpcMessage.of({ id: ++this.inquiries, method, params });
    this.parts.dispatcher.ask(upstream, frame, inquiry, OWN);
    return inquiry.answer;
  }

  tell(upstream: UpstreamSession, message: object): void {
    this.send(upstream, JsonRpcMessage.of(message));
  }

  private send(upstream: UpstreamSession, frame: JsonRpcMessage): void {
    try {
      upstream.lease?.send(frame);
    } catch {
      // The link is going; its end is told by itself.
    }
  }

  /** The client need not answer what nobody waits for any more. */
  private withdrawQuestions(upstream: UpstreamSession): void {
    for (const { number, context } of upstream.asks.clear()) {
      const params = { requestId: number, reason: 'The unit that asked is gone.' };
      context.to.send(JsonRpcMessage.of({ method: 'notifications/cancelled', params }));
    }
  }

  reclaim(upstream: UpstreamSession, lease: Lease): void {
    if (upstream.lease !== lease) return void lease.release();
    if (upstream.heir) return this.remnants.end(upstream);
    this.bus.emit('lease_reclaimed', upstream.about(lease.instance));
    const why = new GatewayError('session_ended');
    upstream.unlink(why);
    this.withdrawQuestions(upstream);
    upstream.forgotten = !upstream.unit.stateless;
    upstream.owner.reclaimed(upstream);
  }
}
