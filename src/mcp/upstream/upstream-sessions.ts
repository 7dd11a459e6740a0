import { Bus } from '../../telemetry/event-bus.js';
import { Tally } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { readAgreement } from '../eras/legacy/initialize.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { Aftermath } from './call-recovery.js';
import { Binding, Bound } from './connector.js';
import { Dispatch } from './request-dispatcher.js';
import { Evasion } from './rebalancer.js';
import { Inquiry } from './internal-connection.js';
import { OWN, Relay, RelayKeeper, RelayOwner } from './upstream-session.js';
import { Remnants } from './remnants.js';
import { Return } from './response-router.js';
import { UnitState } from './unit-stats.js';
import { Verification } from './verification.js';
import { Vigil } from './call-timeouts.js';
import { Watch } from './coarse-clock.js';

/** Milliseconds between two links that are opened only because of subscriptions. */
const REVIVAL = 30_000;

/** The stations a relay works with. */
export interface RelayParts {
  binding: Binding;
  dispatch: Dispatch;
  back: Return;
  watch: Watch;
  evasion: Evasion;
  /** What is known of each unit as a whole. */
  units: UnitState;
}

/**
 * The life of relays: opened when there is something to send, moved to another instance where the unit keeps no state,
 * and what becomes of calls when a link fails (docs/FAULTS.md has the table).
 */
export class Relays implements Bound, RelayKeeper {
  private readonly live = new Set<Relay>();
  private readonly questions = new Sequence();
  private readonly aftermath: Aftermath;
  private readonly verification: Verification;
  private readonly remnants: Remnants;
  private inquiries = 0;

  constructor(
    private readonly parts: RelayParts,
    private readonly bus: Bus,
    tally: Tally,
  ) {
    this.aftermath = new Aftermath(parts.dispatch, parts.units, tally);
    this.verification = new Verification(this, this.aftermath, parts.dispatch);
    parts.watch.start(new Vigil(this, this.aftermath, parts.units));
    this.remnants = new Remnants(this.live, this.reopen.bind(this), parts.dispatch);
    parts.evasion.start(this.remnants);
    parts.dispatch.beforeTurn = relay => this.seeTo(relay);
  }

  create(owner: RelayOwner, unit: Unit): Relay {
    const relay = new Relay(owner, unit, this.questions, this);
    this.live.add(relay);
    return relay;
  }

  /**
   * Opens a link; resolves when the unit has answered `initialize`.
   * @throws GatewayError as `Binding.bind`; whatever waited is still waiting then
   */
  async open(relay: Relay, initialize: Frame): Promise<void> {
    relay.initialize = initialize;
    relay.waiting ??= [];
    await this.parts.binding.bind(relay, initialize, this);
  }

  /** Takes a client's frame, and opens a link first where there is none. */
  forward(relay: Relay, frame: Frame, via: Connection, scope = ''): void {
    const { dispatch } = this.parts;
    if (frame.kind === 'request' && relay.forgotten && scope !== OWN) {
      relay.forgotten = false;
      return dispatch.refuse(frame, via, new GatewayError('state_lost'));
    }
    if (frame.kind === 'request') {
      const refusal = this.seeTo(relay, scope);
      if (refusal) return dispatch.refuse(frame, via, refusal);
    }
    if (frame.kind !== 'response' && scope !== OWN) this.parts.units.absorb(relay.unit, frame);
    dispatch.forward(relay, frame, via, scope);
  }

  /** Before a call: sees to it that there is a link it may go by, or is going to be. @returns why there is none */
  private seeTo(relay: Relay, scope?: string): GatewayError | undefined {
    const refusal = scope === OWN ? undefined : this.parts.evasion.check(relay);
    if (!refusal && !relay.lease && !relay.waiting && relay.initialize) void this.reopen(relay);
    return refusal;
  }

  /** Sees to it that there is a link. @throws GatewayError why there is none */
  async linked(relay: Relay): Promise<void> {
    if (relay.opening || !relay.lease) await (relay.opening ?? this.reopen(relay));
    if (!relay.lease) throw new GatewayError('unit_unavailable', 'The unit refused to initialize.');
  }

  /** One of those who use the relay leaves: what it waits for is answered with this error, as is what it was asked. */
  leave(relay: Relay, scope: string, error: GatewayError): void {
    for (const remnant of [...relay.remnants]) this.leave(remnant, scope, error);
    for (const { number, id, scope: whose, context } of [...relay.calls.values()]) {
      if (whose !== scope) continue;
      relay.abandon(String(number), scope);
      this.tell(relay, { method: 'notifications/cancelled', params: { requestId: number } });
      this.aftermath.answer(context.via, id, error);
    }
    const waiting = relay.waiting?.filter(one => one.scope === scope) ?? [];
    relay.waiting = relay.waiting?.filter(one => one.scope !== scope);
    waiting.push(...this.parts.dispatch.withdraw(relay, scope));
    for (const { frame, via } of waiting) this.parts.dispatch.refuse(frame, via, error);
    for (const { number, id, context } of [...relay.asks.values()]) {
      if (context.scope !== scope) continue;
      relay.asks.take(String(number));
      this.send(relay, Frame.error(id, error));
    }
    relay.settled();
  }

  /** Nobody is there to answer this question. */
  decline(relay: Relay, question: Frame): void {
    const error = new GatewayError('unknown_method', 'It cannot be told which client this is for.');
    const answer = question.method === 'ping' ? Frame.result(question.id, {}) : Frame.error(question.id, error);
    this.parts.dispatch.forward(relay, answer, new Inquiry());
  }

  /** A request of the gateway's own. Resolves with the unit's answer or with an error frame. */
  inquire(relay: Relay, method: string, params: object = {}): Promise<Frame> {
    const inquiry = new Inquiry();
    this.forward(relay, Frame.of({ id: ++this.inquiries, method, params }), inquiry, OWN);
    return inquiry.answer;
  }

  /** Ends a relay: whoever waits is answered, the lease goes back. */
  end(relay: Relay, error: GatewayError): void {
    for (const remnant of relay.remnants) this.end(remnant, error);
    this.live.delete(relay);
    this.parts.evasion.forget(relay);
    for (const { id, context } of relay.calls.clear()) this.aftermath.answer(context.via, id, error);
    relay.ended = true;
    const queued = this.parts.dispatch.withdraw(relay);
    if (queued.length > 0) relay.waiting = [...(relay.waiting ?? []), ...queued];
    this.aftermath.stranded(relay, error);
    relay.asks.clear();
    relay.subscriptions.clear();
    relay.unlink(error);
  }

  opened(relay: Relay, answer: Frame): void {
    const agreement = readAgreement(answer);
    if (agreement) relay.lease!.negotiated(agreement.protocolVersion);
    relay.owner.opened(relay, answer);
    if (!agreement) return this.turnedDown(relay, answer);
    const { lease } = relay;
    const restored = relay.greeted ? this.greet(relay) : undefined;
    if (!restored) return this.parts.dispatch.release(relay);
    relay.restoring = true;
    void restored.then(() => {
      if (relay.lease !== lease) return;
      relay.restoring = false;
      this.parts.dispatch.release(relay);
    });
  }

  received(relay: Relay, frame: Frame, inReplyTo: string | undefined): void {
    relay.heardAt = this.parts.watch.now;
    if (relay.calls.size > 0) relay.owner.touch();
    this.parts.back.accept(relay, frame, inReplyTo);
  }

  failed(relay: Relay, instance: Instance, id: string, why: GatewayError): void {
    const { code: error, message } = why;
    const failing = relay.calls.get(id);
    const { trace } = failing?.context ?? {};
    this.bus.emit('call_failed', { ...relay.about(instance), call: id, trace, error, message });
    const own = failing?.scope === OWN;
    const unsent = error === 'unit_unavailable';
    const others = relay.inFlight - (own ? 0 : 1);
    // Nobody takes connections there, or the verification itself has failed. What others wait for may come all the same.
    if ((unsent || (own && relay.verifying)) && others <= 0) return this.lost(relay, instance, why, id);
    const entry = relay.calls.take(id);
    if (entry) this.aftermath.again(relay.heir ?? relay, entry, unsent, why);
    if (unsent) this.verification.doubt(relay, why);
    else if (relay.doubted && relay.inFlight === 0) return this.lost(relay, instance, relay.doubted);
    else void this.verification.ask(relay);
    relay.settled();
    if (relay.heir) this.remnants.resume(relay.heir);
  }

  useless(relay: Relay, why: GatewayError, unsent: string): void {
    this.lost(relay, relay.lease!.instance, why, unsent);
  }

  lost(relay: Relay, instance: Instance, why: GatewayError, unsent?: string): void {
    const expired = why.code === 'session_expired';
    const calls = relay.calls.clear();
    const queued = this.parts.dispatch.withdraw(relay);
    const { code: error, message } = why;
    this.bus.emit('link_lost', { ...relay.about(instance), error, message, callsLost: calls.length });
    relay.avoid = expired ? undefined : instance;
    relay.unlink(why);
    if (!expired) this.parts.units.failed(instance, why);
    this.withdrawQuestions(relay);
    const { heir = relay } = relay;
    for (const entry of calls) this.aftermath.again(heir, entry, String(entry.number) === unsent, why);
    if (relay.heir) {
      this.remnants.end(relay);
      return this.remnants.resume(heir);
    }
    for (const turn of queued) this.aftermath.unsent(relay, turn, why);
    const told = queued.length > 0 || calls.some(({ scope }) => scope !== OWN);
    relay.forgotten = !relay.unit.stateless && !told;
    relay.owner.lost(relay, why);
    // Whatever it was that the unit died of, it is not told again.
    if (relay.restoring) relay.subscriptions.clear();
    relay.restoring = false;
    if (relay.waiting?.length === 0) relay.waiting = undefined;
    if (relay.ended || !relay.initialize) return;
    if (relay.waiting || this.worthwhile(relay)) void this.reopen(relay);
  }

  outlived(remnant: Relay): void {
    this.remnants.outlived(remnant);
  }

  /** Subscriptions want a link also while nobody calls, but not one after the other from a unit that dies of it. */
  private worthwhile(relay: Relay): boolean {
    const { now } = this.parts.watch;
    if (relay.subscriptions.size === 0 || now - relay.revivedAt < REVIVAL) return false;
    relay.revivedAt = now;
    return true;
  }

  get size(): number {
    return this.live.size;
  }

  /** All relays there are. */
  all(): Iterable<Relay> {
    return this.live;
  }

  /** Calls that clients wait for, handshakes included. */
  get load(): number {
    return [...this.live].reduce((sum, { load }) => sum + load, 0);
  }

  /** Opens a link for what waits; if that cannot be done, what waits is answered. */
  private reopen(relay: Relay): Promise<void> {
    relay.waiting ??= [];
    const opening = this.open(relay, relay.initialize!);
    const mine: Promise<void> = opening.finally(() => {
      if (relay.opening === mine) relay.opening = undefined;
    });
    relay.opening = mine;
    opening.catch((thrown: unknown) => this.aftermath.stranded(relay, toGatewayError(thrown)));
    mine.catch(() => undefined);
    return mine;
  }

  /** The unit said no to `initialize`, or nothing that could be understood. */
  private turnedDown(relay: Relay, answer: Frame): void {
    const message = answer.isError
      ? 'The unit refused to initialize.'
      : 'The unit answered initialize with no InitializeResult.';
    const error = new GatewayError('unit_unavailable', message);
    relay.unlink(error);
    this.aftermath.stranded(relay, error);
  }

  /**
   * What a client would say to a unit that it has just initialized, and had said to the one before: a promise where that
   * is more than a greeting. Calls wait for it, because over HTTP nothing else keeps the order.
   */
  private greet(relay: Relay): Promise<unknown> | undefined {
    this.tell(relay, { method: 'notifications/initialized' });
    const restored = [relay.level, ...relay.subscriptions.values()].filter(frame => frame !== undefined);
    if (restored.length === 0) return undefined;
    return Promise.all(restored.map(({ method, params }) => this.askNow(relay, method, params)));
  }

  /** A request of the gateway's own, past what waits for a link. Resolves with the answer, an error included. */
  askNow(relay: Relay, method: string, params: object = {}): Promise<Frame> {
    const inquiry = new Inquiry();
    const frame = Frame.of({ id: ++this.inquiries, method, params });
    this.parts.dispatch.ask(relay, frame, inquiry, OWN);
    return inquiry.answer;
  }

  tell(relay: Relay, message: object): void {
    this.send(relay, Frame.of(message));
  }

  private send(relay: Relay, frame: Frame): void {
    try {
      relay.lease?.send(frame);
    } catch {
      // The link is going; its end is told by itself.
    }
  }

  /** The client need not answer what nobody waits for any more. */
  private withdrawQuestions(relay: Relay): void {
    for (const { number, context } of relay.asks.clear()) {
      const params = { requestId: number, reason: 'The unit that asked is gone.' };
      context.to.send(Frame.of({ method: 'notifications/cancelled', params }));
    }
  }

  reclaim(relay: Relay, lease: Lease): void {
    if (relay.lease !== lease) return void lease.release();
    if (relay.heir) return this.remnants.end(relay);
    this.bus.emit('lease_reclaimed', relay.about(lease.instance));
    const why = new GatewayError('session_ended');
    relay.unlink(why);
    this.withdrawQuestions(relay);
    relay.forgotten = !relay.unit.stateless;
    relay.owner.reclaimed(relay);
  }
}
