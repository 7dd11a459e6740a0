import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { Connection } from '../../kernel/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { OWN, Relay, Waiting } from './relay.js';
import { Watch } from './watch.js';

/** Characters of a request that is kept to be sent again; larger ones are not. */
const MAX_KEPT = 64 * 1024;
/** Characters that may wait for a link to be opened. */
const MAX_WAITING = 8 * 1024 * 1024;

export interface DispatchLimits {
  /** Calls a session may have in flight at a unit. */
  calls: number;
  /** Calls all sessions together may have in flight at a unit: no unit's slowness fills the gateway. */
  callsPerUnit: number;
  /** Resources a session may be subscribed to at a unit. */
  subscriptions: number;
}

/** The way in: from a session to its unit. */
export class Dispatch {
  constructor(
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
    private readonly watch: Watch,
    private readonly limits: DispatchLimits,
  ) {}

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
      const error = toGatewayError(thrown);
      this.refuse(frame, one.via, one.unsure ? new GatewayError('outcome_unknown', undefined, null, error) : error);
    }
  }

  /** Sends what came in while the link was being opened. */
  release(relay: Relay): void {
    const waiting = relay.waiting ?? [];
    relay.waiting = undefined;
    for (const one of waiting) this.send(relay, one);
  }

  refuse(frame: Frame, via: Connection, error: GatewayError): void {
    this.tally.errors.add(error.code);
    if (error.code === 'internal_error') this.bus.emit('internal_fault', { where: 'dispatch', err: error.cause });
    if (frame.kind === 'request') via.send(Frame.error(frame.id, error));
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

  private request(relay: Relay, { frame, via, scope, tries, unsure }: Waiting): void {
    if (!relay.lease) throw new GatewayError('not_initialized');
    if (scope !== OWN) this.admit(relay, frame, scope);
    const startedAt = this.clock.elapsed();
    const { method } = frame;
    const kept = relay.unit.stateless && frame.text.length <= MAX_KEPT ? frame : undefined;
    const uri = method === 'resources/subscribe' ? (frame.params.uri as string) : undefined;
    const call = { via, method, uri, startedAt, heardAt: this.watch.now, frame: kept, tries: tries + 1, unsure };
    if (relay.calls.size === 0) relay.heardAt = this.watch.now;
    const outgoing = relay.calls.open(frame, call, scope);
    this.remember(relay, frame);
    try {
      relay.lease.send(outgoing);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'unit_unavailable') return relay.useless(error, outgoing.id);
      relay.calls.take(outgoing.id);
      throw error;
    }
  }

  private admit({ calls, flight, subscriptions, owner }: Relay, { method, params }: Frame, scope: string): void {
    if (calls.countOf(scope) >= this.limits.calls) throw new GatewayError('too_many_calls');
    if (flight.count >= this.limits.callsPerUnit) {
      throw new GatewayError('unit_busy', `The unit has ${flight.count} calls in flight, as many as it may.`, 1_000);
    }
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
    if (relay.asks.get(frame.id)?.context.scope !== scope) return;
    const settled = relay.asks.settle(frame);
    if (settled) relay.lease?.send(settled.frame);
    relay.settled();
  }

  private notify(relay: Relay, frame: Frame, scope: string): void {
    if (!relay.lease) return;
    if (frame.method === 'notifications/cancelled') {
      const cancelled = relay.calls.cancel(frame, scope);
      if (!cancelled) return;
      relay.abandon(String(cancelled.entry.number), scope);
      cancelled.entry.context.via.forget(cancelled.entry.id);
      relay.lease.send(cancelled.frame);
      relay.settled();
    } else if (frame.method === 'notifications/progress') {
      const progress = relay.asks.progress(frame);
      if (progress && relay.asks.get(progress.number)?.context.scope === scope) relay.lease.send(progress.frame);
    } else {
      if (frame.method === 'notifications/initialized') relay.greeted = true;
      relay.lease.send(frame);
    }
  }
}

/** Takes a call back that was not sent yet. @returns whether there was one */
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
