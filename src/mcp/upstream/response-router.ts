import { Tally } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Entry } from '../eras/legacy/request-map.js';
import { Ask, Call, OWN, Relay } from './upstream-session.js';
import { UnitState } from './unit-stats.js';
import { Watch } from './coarse-clock.js';

/** Notifications about the unit as a whole: they relate to no call, whatever is in flight. */
const UNRELATED = /^notifications\/(tools|prompts|resources|tasks)\/|^notifications\/elicitation\/complete$/;

/** The way back: from a unit to the client that holds the lease. */
export class Return {
  constructor(
    private readonly tally: Tally,
    private readonly clock: Clock,
    private readonly watch: Watch,
    private readonly units: UnitState,
    /** Questions a unit may have open with one session. */
    private readonly maxAsks: number,
  ) {}

  /**
   * Takes a frame of a unit to the connection it belongs to.
   * @param inReplyTo number of the call on whose stream it came, where the unit's wire tells
   */
  accept(relay: Relay, frame: Frame, inReplyTo: string | undefined): void {
    if (frame.kind === 'response') this.response(relay, frame);
    else if (frame.kind === 'request') this.ask(relay, frame, inReplyTo);
    else this.notification(relay, frame, inReplyTo);
  }

  private response(relay: Relay, frame: Frame): void {
    const settled = relay.calls.settle(frame);
    if (!settled) return this.stray(relay, frame);
    const { context } = settled.entry;
    const { via, startedAt, method, uri, ownMs } = context;
    if (uri !== undefined && frame.isError) (relay.heir ?? relay).subscriptions.delete(uri);
    const answeredAt = this.clock.elapsed();
    const tookMs = answeredAt - startedAt;
    this.tally.observeCall(relay.unit.name, tookMs, via.transport);
    if (via.witness?.scrutiny?.routing)
      via.witness.note({
        event: 'answered',
        trace: context.trace,
        unit: relay.unit.name,
        ms: Math.round(tookMs),
        ok: String(!frame.isError),
      });
    if (relay.lease) {
      this.units.succeeded(relay.lease.instance, this.watch.now, tookMs);
      const counts = !context.asked && !frame.isError && settled.entry.scope !== OWN;
      if (counts) this.units.compare(relay.lease.instance, context, tookMs, answeredAt);
    }
    via.send(settled.frame);
    if (ownMs !== undefined) this.tally.own.note(relay.unit.name, ownMs + this.clock.elapsed() - answeredAt);
    relay.settled();
    if (method === 'tools/list' && relay.unit.trusted) this.units.hints(relay.unit).learn(frame);
  }

  /** A question that cannot be passed on, and a ping that nobody is there to answer, are answered at once. */
  private ask(relay: Relay, frame: Frame, inReplyTo: string | undefined): void {
    const { to, scope } = destination(relay, frame, inReplyTo);
    if (frame.method === 'ping' && !to.attached) return relay.lease?.send(Frame.result(frame.id, {}));
    try {
      if (asked(relay, scope) >= this.maxAsks) throw new GatewayError('too_many_calls');
      const question = relay.asks.open(frame, { to, scope });
      excuse(relay, inReplyTo);
      relay.lease?.note();
      to.send(question);
    } catch (thrown) {
      relay.lease?.send(Frame.error(frame.id, toGatewayError(thrown)));
    }
  }

  private notification(relay: Relay, frame: Frame, inReplyTo: string | undefined): void {
    if (frame.method === 'notifications/progress') {
      const progress = relay.calls.progress(frame);
      if (!progress) return this.stray(relay);
      const waiting = relay.calls.get(progress.number);
      if (!waiting) return relay.owner.notified(relay, progress.frame, { to: relay.owner.home, scope: progress.scope });
      waiting.context.heardAt = this.watch.now;
      waiting.context.via.send(progress.frame);
    } else if (frame.method === 'notifications/cancelled') {
      const cancelled = relay.asks.cancel(frame);
      if (!cancelled) return;
      cancelled.entry.context.to.send(cancelled.frame);
      relay.settled();
    } else {
      relay.owner.notified(relay, frame, destination(relay, frame, inReplyTo));
    }
  }

  private stray(relay: Relay, frame?: Frame): void {
    if (frame) relay.abandoned.delete(frame.id);
    this.tally.strayFrames.add(relay.unit.name);
  }
}

/**
 * Which of a session's streams a question or notification belongs to (MCP 2025-11-25, transports: what relates to a
 * call goes on that call's stream, the rest on the GET stream, nothing on both). An stdio unit does not say what
 * relates to what; while one call is in flight it is that one.
 */
function destination(relay: Relay, frame: Frame, inReplyTo: string | undefined): Ask {
  const { home } = relay.owner;
  const toHome: Ask = { to: home, scope: '' };
  const related = inReplyTo === undefined ? undefined : relay.calls.get(inReplyTo);
  if (related && related.scope !== OWN) return toCall(related);
  if (relay.owner.shared) return sharedDestination(relay, frame, inReplyTo) ?? toHome;
  const unrelated = frame.kind === 'notification' && UNRELATED.test(frame.method);
  const alone = relay.calls.size === 1 && !unrelated;
  if (home.attached && !alone) return toHome;
  const { newest } = relay.calls;
  return newest && newest.scope !== OWN ? toCall(newest) : toHome;
}

/**
 * On a link that several clients use nothing must reach the wrong one. A question without a hint is for the client whose
 * calls are all that the unit has to do; a log message without one is for nobody.
 */
function sharedDestination(relay: Relay, frame: Frame, inReplyTo: string | undefined): Ask | undefined {
  if (inReplyTo !== undefined || frame.kind !== 'request' || relay.doubtful) return undefined;
  const newest = newestOfOne(relay);
  const strangers = [...relay.abandoned.values()].some(scope => scope !== newest?.scope);
  return newest && !strangers ? toCall(newest) : undefined;
}

/** What waits for the answer takes as long as a client likes: one call where that is known, or it may be any. */
function excuse({ calls }: Relay, inReplyTo: string | undefined): void {
  const related = inReplyTo === undefined ? undefined : calls.get(inReplyTo);
  if (related) related.context.asked = true;
  else for (const { context } of calls.values()) context.asked = true;
}

/** Questions that are open with one of those who use a relay. */
function asked({ asks, owner }: Relay, scope: string): number {
  if (!owner.shared) return asks.size;
  let open = 0;
  for (const { context } of asks.values()) if (context.scope === scope) open++;
  return open;
}

/** The call made last, if all in flight are one client's: a guess must never reach another's. */
function newestOfOne({ calls }: Relay): Entry<Call> | undefined {
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
