import { Bus } from '../../telemetry/event-bus.js';
import { Tally } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { traceOf } from '../../kernel/trace-context.js';
import { Flight, UNCOUNTED } from '../eras/legacy/request-map.js';
import { CallQueues } from './call-queues.js';
import { Call, OWN, Relay, Turn, Waiting } from './upstream-session.js';
import { Watch } from './coarse-clock.js';

/** Characters of a request that is kept to be sent again; larger ones are not. */
const MAX_KEPT = 64 * 1024;
/** Characters that may wait for a link to be opened. */
const MAX_WAITING = 8 * 1024 * 1024;

export interface DispatchLimits {
  /** Calls a session may have in flight at a unit. */
  calls: number;
  /** Resources a session may be subscribed to at a unit. */
  subscriptions: number;
}

/** The way in: from a session to its unit. */
export class Dispatch {
  /** Asked before a call goes whose turn it is: why it may not. May see to a link for it. */
  beforeTurn: (relay: Relay) => GatewayError | undefined = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly watch: Watch,
    private readonly queues: CallQueues,
    private readonly limits: DispatchLimits,
  ) {
    queues.start({ send: turn => this.resume(turn), refuse: (turn, why) => this.expire(turn, why) });
  }

  /**
   * Passes a client's frame on; what cannot be passed on is answered with an error through `via`.
   * @param scope tells apart those who use one relay
   */
  forward(relay: Relay, frame: Frame, via: Connection, scope = ''): void {
    this.send(relay, { frame, via, scope, tries: 0, unsure: false });
  }

  /** Sends a request at once, past what waits. */
  ask(relay: Relay, frame: Frame, via: Connection, scope: string): void {
    try {
      this.request(relay, { frame, via, scope, tries: 0, unsure: false });
    } catch (thrown) {
      this.refuse(frame, via, toGatewayError(thrown));
    }
  }

  /** The same for what may have been tried before. */
  send(relay: Relay, one: Waiting): void {
    const { frame } = one;
    try {
      if (relay.waiting && frame.kind !== 'response') this.wait(relay, one);
      else if (frame.kind === 'request') this.request(relay, one);
      else if (frame.kind === 'response') this.answer(relay, frame, one.scope);
      else this.notify(relay, frame, one.scope);
    } catch (thrown) {
      this.dismiss(one, toGatewayError(thrown));
    }
  }

  /** Sends what came in while the link was being opened. */
  release(relay: Relay): void {
    const waiting = relay.waiting ?? [];
    relay.waiting = undefined;
    for (const one of waiting) this.send(relay, one);
    relay.settled();
  }

  /** Takes back what waits for room at the unit, all or what one of those who use the relay has there. */
  withdraw(relay: Relay, scope?: string): Turn[] {
    return relay.queued.size === 0 ? [] : this.queues.of(relay.unit).withdrawAll(relay, scope);
  }

  refuse(frame: Frame, via: Connection, error: GatewayError): void {
    this.tally.failed(error.code, via.transport);
    via.witness?.note({ event: 'error', error: error.code, transport: via.transport });
    if (error.code === 'internal_error') this.bus.emit('internal_fault', { where: 'dispatch', err: error.cause });
    if (frame.kind === 'request') via.send(Frame.error(frame.id, error));
  }

  /** It was this call's turn. */
  private resume(turn: Turn): void {
    const { relay, client } = turn;
    const refusal = this.beforeTurn(relay);
    if (refusal) return this.expire(turn, refusal);
    try {
      if (relay.waiting) this.wait(relay, turn);
      else this.submit(relay, turn, this.queues.of(relay.unit).flightOf(client));
    } catch (thrown) {
      this.expire(turn, toGatewayError(thrown));
    }
  }

  private expire(turn: Turn, why: GatewayError): void {
    this.dismiss(turn, why);
    turn.relay.settled();
  }

  /** A call that is not passed on, or not again. */
  private dismiss({ frame, via, unsure }: Waiting, error: GatewayError): void {
    this.refuse(frame, via, unsure ? new GatewayError('outcome_unknown', undefined, null, error) : error);
  }

  private wait(relay: Relay, one: Waiting): void {
    const { frame, via, scope } = one;
    // These are about what is in flight or waits: there is nothing to wait for with them.
    if (frame.method === 'notifications/cancelled' && withdraw(relay, frame, scope)) return;
    if (/^notifications\/(cancelled|progress)$/.test(frame.method)) return this.notify(relay, frame, scope);
    if (scope !== OWN) this.admitWaiting(relay, one);
    const twice = relay.waiting!.some(other => other.via === via && isRequest(other, frame.id, scope));
    if (frame.kind === 'request' && twice) throw new GatewayError('duplicate_id');
    relay.waiting!.push(one);
  }

  private admitWaiting(relay: Relay, { frame, scope }: Waiting): void {
    if (frame.kind === 'request') this.admit(relay, frame, scope);
    const mine = relay.waiting!.filter(other => other.scope === scope);
    const characters = mine.reduce((sum, other) => sum + other.frame.text.length, frame.text.length);
    if (mine.length >= this.limits.calls || characters > MAX_WAITING) throw new GatewayError('too_many_calls');
  }

  private request(relay: Relay, one: Waiting): void {
    if (!relay.lease) throw new GatewayError('not_initialized');
    if (one.scope === OWN) return this.submit(relay, one, UNCOUNTED);
    this.admit(relay, one.frame, one.scope);
    if (relay.remnants.size > 0 && relay.has(one.frame.id, one.scope)) throw new GatewayError('duplicate_id');
    const flight = this.queues.of(relay.unit).enter(relay, one);
    if (flight) this.submit(relay, one, flight);
  }

  private submit(relay: Relay, { frame, via, scope, tries, unsure }: Waiting, flight: Flight): void {
    if (!relay.lease) throw new GatewayError('unit_unavailable');
    const startedAt = this.watch.elapsed();
    const { method } = frame;
    const kept = relay.unit.stateless && frame.text.length <= MAX_KEPT ? frame : undefined;
    const uri = method === 'resources/subscribe' ? (frame.params.uri as string) : undefined;
    const call: Call = {
      via,
      method,
      tool: toolOf(frame),
      trace: traceOf(frame.params),
      // `tasks/result` is answered when the task has ended (2025-11-25, tasks).
      asked: relay.asks.size > 0 || method === 'tasks/result',
      uri,
      startedAt,
      heardAt: this.watch.now,
      frame: kept,
      tries: tries + 1,
      unsure,
      ownMs: undefined,
    };
    if (relay.calls.size === 0) relay.heardAt = this.watch.now;
    const outgoing = relay.calls.open(frame, call, scope, flight);
    this.remember(relay, frame);
    if (via.witness?.scrutiny?.routing)
      via.witness.note({
        event: 'routed',
        unit: relay.unit.name,
        trace: call.trace,
        instance: relay.lease.instance.id,
        tries: tries + 1,
      });
    try {
      relay.lease.send(outgoing);
      call.ownMs = this.tally.own.passed(this.watch);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'unit_unavailable') return relay.useless(error, outgoing.id);
      relay.calls.take(outgoing.id);
      relay.settled();
      throw error;
    }
  }

  private admit(relay: Relay, { method, params }: Frame, scope: string): void {
    const { queued, subscriptions, owner } = relay;
    if (relay.countOf(scope) + queued.countOf(scope) >= this.limits.calls) throw new GatewayError('too_many_calls');
    if (method !== 'resources/subscribe' || owner.shared || subscriptions.has(params.uri as string)) return;
    if (subscriptions.size >= this.limits.subscriptions) throw new GatewayError('too_many_subscriptions');
  }

  /** What the next link must be told, should this one be lost. */
  private remember(relay: Relay, frame: Frame): void {
    if (frame.method === 'logging/setLevel') relay.level = frame;
    const { uri } = frame.params;
    if (typeof uri !== 'string') return;
    if (frame.method === 'resources/subscribe') relay.subscriptions.set(uri, frame);
    if (frame.method === 'resources/unsubscribe') relay.subscriptions.delete(uri);
  }

  private answer(relay: Relay, frame: Frame, scope: string): void {
    const asker = relay.asker(frame.id);
    if (asker.asks.get(frame.id)?.context.scope !== scope) return;
    const settled = asker.asks.settle(frame);
    if (settled) asker.lease?.send(settled.frame);
    asker.settled();
  }

  /** Takes a call back that waits for room. */
  private forget(relay: Relay, cancelled: Frame, scope: string): void {
    const id = cancelled.read('requestId');
    if (id === undefined || !relay.queued.has(scope, id)) return;
    const { via, frame } = this.queues.of(relay.unit).withdraw(relay, scope, id)!;
    via.forget(frame.id);
    relay.settled();
  }

  private notify(relay: Relay, frame: Frame, scope: string): void {
    if (frame.method === 'notifications/cancelled') {
      const caller = relay.caller(frame.read('requestId'), scope);
      const cancelled = caller.lease && caller.calls.cancel(frame, scope);
      if (!cancelled) return this.forget(relay, frame, scope);
      caller.abandon(String(cancelled.entry.number), scope);
      cancelled.entry.context.via.forget(cancelled.entry.id);
      caller.lease?.send(cancelled.frame);
      caller.settled();
    } else if (frame.method === 'notifications/progress') {
      const asker = relay.asker(frame.read('progressToken'));
      const progress = asker.asks.progress(frame);
      if (progress && asker.asks.get(progress.number)?.context.scope === scope) asker.lease?.send(progress.frame);
    } else if (relay.lease) {
      if (frame.method === 'notifications/initialized') relay.greeted = true;
      relay.lease.send(frame);
    }
  }
}

function toolOf({ method, params }: Frame): string | undefined {
  const name = method === 'tools/call' ? params.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Takes a call back that waits for a link. @returns whether there was one */
function withdraw({ waiting }: Relay, cancelled: Frame, scope: string): boolean {
  const id = cancelled.read('requestId');
  const at = waiting!.findIndex(one => isRequest(one, id, scope));
  if (at < 0) return false;
  const [{ frame, via }] = waiting!.splice(at, 1) as [Waiting];
  via.forget(frame.id);
  return true;
}

function isRequest(one: Waiting, id: string | undefined, scope: string): boolean {
  return one.frame.kind === 'request' && one.frame.id === id && one.scope === scope;
}
