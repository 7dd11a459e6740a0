import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { ErrorCode, GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { traceOf } from '../../kernel/trace-context.js';
import { Era, StateChange } from '../eras/era.js';
import { Flight, UNCOUNTED } from '../eras/legacy/request-map.js';
import { CallQueues } from './call-queues.js';
import { Call, OWN, Waiting } from './call.js';
import { Link, Turn, UpstreamSession } from './upstream-session.js';
import { CoarseClock } from './coarse-clock.js';

/** Characters of a request that is kept to be sent again; larger ones are not. */
const MAX_KEPT = 64 * 1024;
/** Characters that may wait for a link to be opened. */
const MAX_WAITING = 8 * 1024 * 1024;

export interface RequestLimits {
  /** Calls a session may have in flight at a unit. */
  calls: number;
  /** Resources a session may be subscribed to at a unit. */
  subscriptions: number;
}

/** The way in: from a session to its unit. */
export class RequestDispatcher {
  constructor(
    private readonly bus: EventBus,
    private readonly counters: Counters,
    private readonly watch: CoarseClock,
    private readonly queues: CallQueues,
    private readonly era: Era,
    private readonly limits: RequestLimits,
  ) {}

  /**
   * Passes a client's frame on; what cannot be passed on is answered with an error through `via`.
   * @param scope tells apart those who use one upstream session
   */
  forward(upstream: UpstreamSession, frame: JsonRpcMessage, via: Connection, scope = ''): void {
    this.send(upstream, { frame, via, scope, tries: 0, unsure: false });
  }

  /** Sends a request of the gateway's own at once, past what waits. */
  ask(link: Link, frame: JsonRpcMessage, via: Connection): void {
    try {
      this.submit(link, { frame, via, scope: OWN, tries: 0, unsure: false }, UNCOUNTED);
    } catch (thrown) {
      this.refuse(frame, via, toGatewayError(thrown));
    }
  }

  /** The same for what may have been tried before. */
  send(upstream: UpstreamSession, one: Waiting): void {
    const { frame } = one;
    try {
      if (upstream.waiting && frame.kind !== 'response') this.wait(upstream, one);
      else if (frame.kind === 'request') this.request(upstream, one);
      else if (frame.kind === 'response') this.answer(upstream, frame, one.scope);
      else this.notify(upstream, frame, one.scope);
    } catch (thrown) {
      this.dismiss(one, toGatewayError(thrown));
    }
  }

  /** Sends what came in while the link was being opened. */
  release(upstream: UpstreamSession): void {
    for (const one of upstream.takeWaiting()) this.send(upstream, one);
    upstream.link?.settled();
  }

  /** Takes back what waits for room at the unit, all or what one of those who use the session has there. */
  withdraw(upstream: UpstreamSession, scope?: string): Turn[] {
    return upstream.queued.size === 0 ? [] : this.queues.of(upstream.unit).withdrawAll(upstream, scope);
  }

  refuse(frame: JsonRpcMessage, via: Connection, error: GatewayError): void {
    this.counters.failed(error.code, via.transport);
    via.clientJournal?.note({ event: 'error', error: error.code, transport: via.transport });
    if (error.code === 'internal_error') this.bus.emit('internal_fault', { where: 'dispatch', err: error.cause });
    if (frame.kind === 'request') via.send(JsonRpcMessage.error(frame.id, error));
  }

  /** It is this call's turn. */
  resume(turn: Turn): void {
    const { upstream, client } = turn;
    try {
      if (upstream.waiting) this.wait(upstream, turn);
      else this.submit(linkOf(upstream, 'unit_unavailable'), turn, this.queues.of(upstream.unit).flightOf(client));
    } catch (thrown) {
      this.expire(turn, toGatewayError(thrown));
    }
  }

  /** A call that waited for its turn is not sent any more. */
  expire(turn: Turn, why: GatewayError): void {
    this.dismiss(turn, why);
    turn.upstream.link?.settled();
  }

  /** A call that is not passed on, or not again. */
  private dismiss({ frame, via, unsure }: Waiting, error: GatewayError): void {
    this.refuse(frame, via, unsure ? new GatewayError('outcome_unknown', undefined, null, error) : error);
  }

  private wait(upstream: UpstreamSession, one: Waiting): void {
    const { frame, via, scope } = one;
    // These are about what is in flight or waits: there is nothing to wait for with them.
    const meaning = this.era.classify(frame);
    if (meaning === 'cancel' && withdraw(upstream, frame, scope)) return;
    if (meaning === 'cancel' || meaning === 'progress') return this.notify(upstream, frame, scope);
    if (scope !== OWN) this.admitWaiting(upstream, one);
    const twice = upstream.waiting!.some(other => other.via === via && isRequest(other, frame.id, scope));
    if (frame.kind === 'request' && twice) throw new GatewayError('duplicate_id');
    upstream.wait(one);
  }

  private admitWaiting(upstream: UpstreamSession, { frame, scope }: Waiting): void {
    if (frame.kind === 'request') this.admit(upstream, frame, scope);
    const mine = upstream.waiting!.filter(other => other.scope === scope);
    const characters = mine.reduce((sum, other) => sum + other.frame.text.length, frame.text.length);
    if (mine.length >= this.limits.calls || characters > MAX_WAITING) throw new GatewayError('too_many_calls');
  }

  private request(upstream: UpstreamSession, one: Waiting): void {
    const link = linkOf(upstream, 'not_initialized');
    if (one.scope === OWN) return this.submit(link, one, UNCOUNTED);
    this.admit(upstream, one.frame, one.scope);
    if (upstream.draining.size > 0 && upstream.has(one.frame.id, one.scope)) throw new GatewayError('duplicate_id');
    const isWork = this.era.classify(one.frame) !== 'liveness';
    const flight = this.queues.of(upstream.unit).enter(upstream, one, isWork);
    if (flight) this.submit(link, one, flight);
  }

  private submit(link: Link, { frame, via, scope, tries, unsure }: Waiting, flight: Flight): void {
    if (!link.lives) throw new GatewayError('unit_unavailable');
    const { session: upstream } = link;
    const startedAt = this.watch.elapsed();
    const { method } = frame;
    const kept = upstream.unit.stateless && frame.text.length <= MAX_KEPT ? frame : undefined;
    const change = this.era.changeBy(frame);
    const call: Call = {
      via,
      method,
      tool: this.era.toolOf(frame),
      trace: traceOf(frame.params),
      asked: link.asks.size > 0 || this.era.waitsForOthers(frame),
      uri: change?.is === 'subscribe' ? change.uri : undefined,
      startedAt,
      heardAt: this.watch.now,
      frame: kept,
      tries: tries + 1,
      unsure,
      ownMs: undefined,
    };
    if (link.calls.size === 0) link.heard(this.watch.now);
    const outgoing = link.calls.open(frame, call, scope, flight);
    if (change) remember(upstream, change, frame);
    if (via.clientJournal?.scrutiny?.routing)
      via.clientJournal.note({
        event: 'routed',
        unit: upstream.unit.name,
        trace: call.trace,
        instance: link.instance.id,
        tries: tries + 1,
      });
    try {
      link.send(outgoing);
      call.ownMs = this.counters.own.passed(this.watch);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'unit_unavailable') return link.tookNoMore(error, outgoing.id);
      link.calls.take(outgoing.id);
      link.settled();
      throw error;
    }
  }

  private admit(upstream: UpstreamSession, frame: JsonRpcMessage, scope: string): void {
    const { queued, subscriptions, owner } = upstream;
    if (upstream.countOf(scope) + queued.countOf(scope) >= this.limits.calls) throw new GatewayError('too_many_calls');
    const change = this.era.changeBy(frame);
    if (change?.is !== 'subscribe' || owner.shared || subscriptions.has(change.uri)) return;
    if (subscriptions.size >= this.limits.subscriptions) throw new GatewayError('too_many_subscriptions');
  }

  private answer(upstream: UpstreamSession, frame: JsonRpcMessage, scope: string): void {
    const link = upstream.linkOfAsk(frame.id);
    if (!link || link.asks.get(frame.id)?.context.scope !== scope) return;
    const settled = link.asks.settle(frame);
    if (settled) link.send(settled.frame);
    link.settled();
  }

  /** Takes a call back that waits for room. */
  private forget(upstream: UpstreamSession, cancelled: JsonRpcMessage, scope: string): void {
    const id = cancelled.read('requestId');
    if (id === undefined || !upstream.queued.has(scope, id)) return;
    const { via, frame } = this.queues.of(upstream.unit).withdraw(upstream, scope, id)!;
    via.forget(frame.id);
    upstream.link?.settled();
  }

  private notify(upstream: UpstreamSession, frame: JsonRpcMessage, scope: string): void {
    switch (this.era.classify(frame)) {
      case 'cancel':
        return this.cancel(upstream, frame, scope);
      case 'progress':
        return this.progress(upstream, frame, scope);
      case 'opened':
        if (upstream.link) upstream.greeted = true;
        return upstream.link?.send(frame);
      default:
        return upstream.link?.send(frame);
    }
  }

  private cancel(upstream: UpstreamSession, frame: JsonRpcMessage, scope: string): void {
    const link = upstream.linkOfCall(frame.read('requestId'), scope);
    const cancelled = link?.calls.cancel(frame, scope);
    if (!link || !cancelled) return this.forget(upstream, frame, scope);
    link.abandon(String(cancelled.entry.number), scope);
    cancelled.entry.context.via.forget(cancelled.entry.id);
    link.send(cancelled.frame);
    link.settled();
  }

  private progress(upstream: UpstreamSession, frame: JsonRpcMessage, scope: string): void {
    const link = upstream.linkOfAsk(frame.read('progressToken'));
    const progress = link?.asks.progress(frame);
    if (progress && link!.asks.get(progress.number)?.context.scope === scope) link!.send(progress.frame);
  }
}

/** @throws GatewayError where there is none */
function linkOf({ link }: UpstreamSession, otherwise: ErrorCode): Link {
  if (!link) throw new GatewayError(otherwise);
  return link;
}

/** What the next link must be told, should this one be lost. */
function remember(upstream: UpstreamSession, change: StateChange, request: JsonRpcMessage): void {
  switch (change.is) {
    case 'level':
      upstream.level = request;
      return;
    case 'subscribe':
      upstream.subscriptions.set(change.uri, request);
      return;
    case 'unsubscribe':
      upstream.subscriptions.delete(change.uri);
      return;
  }
}

/** Takes a call back that waits for a link. @returns whether there was one */
function withdraw(upstream: UpstreamSession, cancelled: JsonRpcMessage, scope: string): boolean {
  const id = cancelled.read('requestId');
  const first = upstream.waiting?.find(one => isRequest(one, id, scope));
  const [taken] = upstream.withdrawWaiting(one => one === first);
  taken?.via.forget(taken.frame.id);
  return taken !== undefined;
}

function isRequest(one: Waiting, id: string | undefined, scope: string): boolean {
  return one.frame.kind === 'request' && one.frame.id === id && one.scope === scope;
}
