import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Entry } from '../eras/legacy/request-map.js';
import { Ask, Call, OWN, UpstreamSession } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';
import { CoarseClock } from './coarse-clock.js';

/** Notifications about the unit as a whole: they relate to no call, whatever is in flight. */
const UNRELATED = /^notifications\/(tools|prompts|resources|tasks)\/|^notifications\/elicitation\/complete$/;

/** The way back: from a unit to the client that holds the lease. */
export class ResponseRouter {
  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly watch: CoarseClock,
    private readonly units: UnitStats,
    /** Questions a unit may have open with one session. */
    private readonly maxAsks: number,
  ) {}

  /**
   * Takes a frame of a unit to the connection it belongs to.
   * @param inReplyTo number of the call on whose stream it came, where the unit's wire tells
   */
  accept(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    if (frame.kind === 'response') this.response(upstream, frame);
    else if (frame.kind === 'request') this.ask(upstream, frame, inReplyTo);
    else this.notification(upstream, frame, inReplyTo);
  }

  private response(upstream: UpstreamSession, frame: JsonRpcMessage): void {
    const settled = upstream.calls.settle(frame);
    if (!settled) return this.stray(upstream, frame);
    const { context } = settled.entry;
    const { via, startedAt, method, uri, ownMs } = context;
    if (uri !== undefined && frame.isError) (upstream.heir ?? upstream).subscriptions.delete(uri);
    const answeredAt = this.clock.elapsed();
    const tookMs = answeredAt - startedAt;
    this.counters.observeCall(upstream.unit.name, tookMs, via.transport);
    if (via.clientJournal?.scrutiny?.routing)
      via.clientJournal.note({
        event: 'answered',
        trace: context.trace,
        unit: upstream.unit.name,
        ms: Math.round(tookMs),
        ok: String(!frame.isError),
      });
    if (upstream.lease) {
      this.units.succeeded(upstream.lease.instance, this.watch.now, tookMs);
      const counts = !context.asked && !frame.isError && settled.entry.scope !== OWN;
      if (counts) this.units.compare(upstream.lease.instance, context, tookMs, answeredAt);
    }
    via.send(settled.frame);
    if (ownMs !== undefined) this.counters.own.note(upstream.unit.name, ownMs + this.clock.elapsed() - answeredAt);
    upstream.settled();
    if (method === 'tools/list' && upstream.unit.trusted) this.units.hints(upstream.unit).learn(frame);
  }

  /** A question that cannot be passed on, and a ping that nobody is there to answer, are answered at once. */
  private ask(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    const { to, scope } = destination(upstream, frame, inReplyTo);
    if (frame.method === 'ping' && !to.attached) return upstream.lease?.send(JsonRpcMessage.result(frame.id, {}));
    try {
      if (asked(upstream, scope) >= this.maxAsks) throw new GatewayError('too_many_calls');
      const question = upstream.asks.open(frame, { to, scope });
      excuse(upstream, inReplyTo);
      upstream.lease?.note();
      to.send(question);
    } catch (thrown) {
      upstream.lease?.send(JsonRpcMessage.error(frame.id, toGatewayError(thrown)));
    }
  }

  private notification(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    if (frame.method === 'notifications/progress') {
      const progress = upstream.calls.progress(frame);
      if (!progress) return this.stray(upstream);
      const waiting = upstream.calls.get(progress.number);
      if (!waiting)
        return upstream.owner.notified(upstream, progress.frame, { to: upstream.owner.home, scope: progress.scope });
      waiting.context.heardAt = this.watch.now;
      waiting.context.via.send(progress.frame);
    } else if (frame.method === 'notifications/cancelled') {
      const cancelled = upstream.asks.cancel(frame);
      if (!cancelled) return;
      cancelled.entry.context.to.send(cancelled.frame);
      upstream.settled();
    } else {
      upstream.owner.notified(upstream, frame, destination(upstream, frame, inReplyTo));
    }
  }

  private stray(upstream: UpstreamSession, frame?: JsonRpcMessage): void {
    if (frame) upstream.abandoned.delete(frame.id);
    this.counters.strayFrames.add(upstream.unit.name);
  }
}

/**
 * Which of a session's streams a question or notification belongs to (MCP 2025-11-25, transports: what relates to a
 * call goes on that call's stream, the rest on the GET stream, nothing on both). An stdio unit does not say what
 * relates to what; while one call is in flight it is that one.
 */
function destination(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): Ask {
  const { home } = upstream.owner;
  const toHome: Ask = { to: home, scope: '' };
  const related = inReplyTo === undefined ? undefined : upstream.calls.get(inReplyTo);
  if (related && related.scope !== OWN) return toCall(related);
  if (upstream.owner.shared) return sharedDestination(upstream, frame, inReplyTo) ?? toHome;
  const unrelated = frame.kind === 'notification' && UNRELATED.test(frame.method);
  const alone = upstream.calls.size === 1 && !unrelated;
  if (home.attached && !alone) return toHome;
  const { newest } = upstream.calls;
  return newest && newest.scope !== OWN ? toCall(newest) : toHome;
}

/**
 * On a link that several clients use nothing must reach the wrong one. A question without a hint is for the client whose
 * calls are all that the unit has to do; a log message without one is for nobody.
 */
function sharedDestination(
  upstream: UpstreamSession,
  frame: JsonRpcMessage,
  inReplyTo: string | undefined,
): Ask | undefined {
  if (inReplyTo !== undefined || frame.kind !== 'request' || upstream.doubtful) return undefined;
  const newest = newestOfOne(upstream);
  const strangers = [...upstream.abandoned.values()].some(scope => scope !== newest?.scope);
  return newest && !strangers ? toCall(newest) : undefined;
}

/** What waits for the answer takes as long as a client likes: one call where that is known, or it may be any. */
function excuse({ calls }: UpstreamSession, inReplyTo: string | undefined): void {
  const related = inReplyTo === undefined ? undefined : calls.get(inReplyTo);
  if (related) related.context.asked = true;
  else for (const { context } of calls.values()) context.asked = true;
}

/** Questions that are open with one of those who use a relay. */
function asked({ asks, owner }: UpstreamSession, scope: string): number {
  if (!owner.shared) return asks.size;
  let open = 0;
  for (const { context } of asks.values()) if (context.scope === scope) open++;
  return open;
}

/** The call made last, if all in flight are one client's: a guess must never reach another's. */
function newestOfOne({ calls }: UpstreamSession): Entry<Call> | undefined {
  let newest: Entry<Call> | undefined;
  for (const call of calls.values()) {
    if (call.scope === OWN) continue;
    if (newest && newest.scope !== call.scope) return undefined;
    newest = call;
  }
  return newest;
}

function toCall({ context, scope }: Entry<Call>): Ask {
  return { to: context.via, scope };
}
