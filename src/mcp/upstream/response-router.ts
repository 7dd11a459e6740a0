import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Era } from '../eras/era.js';
import { Entry } from '../eras/legacy/request-map.js';
import { Ask, Call, OWN } from './call.js';
import { Link } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';
import { CoarseClock } from './coarse-clock.js';

/** The way back: from a unit to the client that holds the lease. */
export class ResponseRouter {
  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly watch: CoarseClock,
    private readonly units: UnitStats,
    private readonly era: Era,
    /** Questions a unit may have open with one session. */
    private readonly maxAsks: number,
  ) {}

  /**
   * Takes a frame of a unit to the connection it belongs to.
   * @param inReplyTo number of the call on whose stream it came, where the unit's wire tells
   */
  accept(link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    if (frame.kind === 'response') this.response(link, frame);
    else if (frame.kind === 'request') this.ask(link, frame, inReplyTo);
    else this.notification(link, frame, inReplyTo);
  }

  private response(link: Link, frame: JsonRpcMessage): void {
    const settled = link.calls.settle(frame);
    if (!settled) return this.stray(link, frame);
    const { context } = settled.entry;
    const { via, startedAt, method, uri, ownMs } = context;
    if (uri !== undefined && frame.isError) link.session.subscriptions.delete(uri);
    const answeredAt = this.clock.elapsed();
    const tookMs = answeredAt - startedAt;
    this.counters.observeCall(link.session.unit.name, tookMs, via.transport);
    if (via.clientJournal?.scrutiny?.routing)
      via.clientJournal.note({
        event: 'answered',
        trace: context.trace,
        unit: link.session.unit.name,
        ms: Math.round(tookMs),
        ok: String(!frame.isError),
      });
    this.units.succeeded(link.instance, this.watch.now, tookMs);
    const counts = !context.asked && !frame.isError && settled.entry.scope !== OWN;
    if (counts) this.units.compare(link.instance, context, tookMs, answeredAt);
    via.send(settled.frame);
    if (ownMs !== undefined) this.counters.own.note(link.session.unit.name, ownMs + this.clock.elapsed() - answeredAt);
    link.settled();
    if (this.era.listsTools(method) && link.session.unit.trusted) this.units.hints(link.session.unit).learn(frame);
  }

  /** A question that cannot be passed on, and a ping that nobody is there to answer, are answered at once. */
  private ask(link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    const { to, scope } = destination(this.era, link, frame, inReplyTo);
    if (this.era.classify(frame) === 'liveness' && !to.attached) return link.send(JsonRpcMessage.result(frame.id, {}));
    try {
      if (asked(link, scope) >= this.maxAsks) throw new GatewayError('too_many_calls');
      const question = link.asks.open(frame, { to, scope });
      excuse(link, inReplyTo);
      link.lease?.note();
      to.send(question);
    } catch (thrown) {
      link.send(JsonRpcMessage.error(frame.id, toGatewayError(thrown)));
    }
  }

  private notification(link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    const meaning = this.era.classify(frame);
    if (meaning === 'progress') {
      const progress = link.calls.progress(frame);
      if (!progress) return this.stray(link);
      const waiting = link.calls.get(progress.number);
      if (!waiting)
        return link.session.owner.notified(link.session.unit, progress.frame, {
          to: link.session.owner.home,
          scope: progress.scope,
        });
      waiting.context.heardAt = this.watch.now;
      waiting.context.via.send(progress.frame);
    } else if (meaning === 'cancel') {
      const cancelled = link.asks.cancel(frame);
      if (!cancelled) return;
      cancelled.entry.context.to.send(cancelled.frame);
      link.settled();
    } else {
      link.session.owner.notified(link.session.unit, frame, destination(this.era, link, frame, inReplyTo));
    }
  }

  private stray(link: Link, frame?: JsonRpcMessage): void {
    if (frame) link.answeredLate(frame.id);
    this.counters.strayFrames.add(link.session.unit.name);
  }
}

/**
 * Which of a session's streams a question or notification belongs to (MCP 2025-11-25, transports: what relates to a
 * call goes on that call's stream, the rest on the GET stream, nothing on both). An stdio unit does not say what
 * relates to what; while one call is in flight it is that one.
 */
function destination(era: Era, link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): Ask {
  const { home } = link.session.owner;
  const toHome: Ask = { to: home, scope: '' };
  const related = inReplyTo === undefined ? undefined : link.calls.get(inReplyTo);
  if (related && related.scope !== OWN) return toCall(related);
  if (link.session.owner.shared) return sharedDestination(link, frame, inReplyTo) ?? toHome;
  const unrelated = frame.kind === 'notification' && era.concernsUnit(frame);
  const alone = link.calls.size === 1 && !unrelated;
  if (home.attached && !alone) return toHome;
  const { newest } = link.calls;
  return newest && newest.scope !== OWN ? toCall(newest) : toHome;
}

/**
 * On a link that several clients use nothing must reach the wrong one. A question without a hint is for the client whose
 * calls are all that the unit has to do; a log message without one is for nobody.
 */
function sharedDestination(link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): Ask | undefined {
  if (inReplyTo !== undefined || frame.kind !== 'request') return undefined;
  const newest = newestOfOne(link);
  return newest && !link.mayWorkForOthersThan(newest.scope) ? toCall(newest) : undefined;
}

/** What waits for the answer takes as long as a client likes: one call where that is known, or it may be any. */
function excuse({ calls }: Link, inReplyTo: string | undefined): void {
  const related = inReplyTo === undefined ? undefined : calls.get(inReplyTo);
  if (related) related.context.asked = true;
  else for (const { context } of calls.values()) context.asked = true;
}

/** Questions that are open with one of those who use an upstream session. */
function asked({ asks, session }: Link, scope: string): number {
  if (!session.owner.shared) return asks.size;
  let open = 0;
  for (const { context } of asks.values()) if (context.scope === scope) open++;
  return open;
}

/** The call made last, if all in flight are one client's: a guess must never reach another's. */
function newestOfOne({ calls }: Link): Entry<Call> | undefined {
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
