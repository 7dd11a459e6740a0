import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Era } from '../eras/era.js';
import { readAgreement } from '../eras/legacy/initialize.js';
import { CallRecovery } from './call-recovery.js';
import { OWN } from './call.js';
import { CoarseClock } from './coarse-clock.js';
import { UpstreamConnector } from './connector.js';
import { InternalConnection } from './internal-connection.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { ResponseRouter } from './response-router.js';
import { UnitStats } from './unit-stats.js';
import { LinkListener } from './upstream-link.js';
import { Link, UpstreamSession } from './upstream-session.js';

/** Milliseconds between two links that are opened only because of subscriptions. */
const REVIVAL = 30_000;
/** Milliseconds that a call waits for what becomes of others, where an instance takes no connections any more. */
const DOUBT = 1_000;

/** What a link's life passes through. */
export interface LinkLifecycleParts {
  connector: UpstreamConnector;
  dispatcher: RequestDispatcher;
  responses: ResponseRouter;
  recovery: CallRecovery;
  units: UnitStats;
  watch: CoarseClock;
  era: Era;
}

/**
 * Decides what becomes of links, and of what was under way on one that failed: opened when there is something to send,
 * restored, verified after a failure, given up, opened anew (docs/FAULTS.md has the table).
 */
export class LinkLifecycle implements LinkListener<UpstreamSession> {
  private asked = 0;

  constructor(
    private readonly parts: LinkLifecycleParts,
    private readonly bus: EventBus,
  ) {}

  /**
   * Opens a link; resolves when the unit has answered `initialize`.
   * @throws GatewayError as `UpstreamConnector.connect`; whatever waited is still waiting then
   */
  async open(upstream: UpstreamSession, initialize: JsonRpcMessage): Promise<void> {
    upstream.initialize = initialize;
    try {
      await upstream.open(() => this.parts.connector.connect(upstream, initialize));
    } catch (thrown) {
      if (upstream.opening) upstream.notOpened();
      throw thrown;
    }
  }

  /** Opens a link for what waits, unless one is being opened; if it cannot be had, what waits is answered. */
  reopen(upstream: UpstreamSession): Promise<void> {
    if (upstream.opening) return upstream.opening;
    const opening = this.open(upstream, upstream.initialize!);
    opening.catch((thrown: unknown) => this.parts.recovery.stranded(upstream, toGatewayError(thrown)));
    return opening;
  }

  initialized(link: Link, answer: JsonRpcMessage): void {
    const { session } = link;
    const agreement = readAgreement(answer);
    if (agreement) {
      link.agreed(agreement.protocolVersion);
      session.opened(link);
    }
    session.owner.opened(answer);
    if (session.ended) return;
    if (!agreement) return this.turnedDown(link, answer);
    const restored = session.greeted ? this.greet(link) : undefined;
    if (!restored) return this.restored(link);
    void restored.then(() => this.restored(link));
  }

  received(link: Link, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    link.heard(this.parts.watch.now);
    if (link.calls.size > 0) link.session.owner.touch();
    this.parts.responses.accept(link, frame, inReplyTo);
  }

  callFailed(link: Link, number: string, why: GatewayError): void {
    const { code: error, message } = why;
    const { health, session } = link;
    const failing = link.calls.get(number);
    const { trace } = failing?.context ?? {};
    this.bus.emit('call_failed', { ...link.about, call: number, trace, error, message });
    const own = failing?.scope === OWN;
    const unsent = error === 'unit_unavailable';
    const others = link.inFlight - (own ? 0 : 1);
    const verifying = health.is === 'suspect' && health.asking;
    // Nobody takes connections there, or the verification itself has failed. What others wait for may come all the same.
    if ((unsent || (own && verifying)) && others <= 0) return this.lost(link, why, number);
    const entry = link.calls.take(number);
    if (entry) this.parts.recovery.again(session, entry, unsent, why);
    if (unsent) this.doubt(link, why);
    else if (health.is === 'suspect' && health.refusing && link.inFlight === 0) return this.lost(link, health.why);
    else void this.verify(link, why);
    const draining = session.link !== link;
    link.settled();
    if (draining) this.resume(session);
  }

  lost(link: Link, why: GatewayError, unsent?: string): void {
    const { session, instance } = link;
    const { dispatcher, recovery, units } = this.parts;
    const { code: error, message } = why;
    const own = session.link === link;
    const restoring = link.state === 'restoring';
    const expired = error === 'session_expired';
    const calls = link.calls.clear();
    const queued = own ? dispatcher.withdraw(session) : [];
    link.lose(why);
    session.dropped(link);
    // Whoever hears of it may move a lever at once, and with that the session: it has left this link before.
    this.bus.emit('link_lost', { ...link.about, error, message, callsLost: calls.length });
    if (!expired) units.failed(instance, why);
    this.withdrawQuestions(link);
    for (const entry of calls) recovery.again(session, entry, String(entry.number) === unsent, why);
    if (!own) return this.resume(session);
    session.avoid = expired ? undefined : instance;
    for (const turn of queued) recovery.unsent(session, turn, why);
    const told = queued.length > 0 || calls.some(({ scope }) => scope !== OWN);
    session.forgotten = !session.unit.stateless && !told;
    session.owner.lost(why);
    // The unit may have died of what it was told: it is not told again.
    if (restoring) session.subscriptions.clear();
    if (session.waiting?.length === 0) session.takeWaiting();
    if (session.ended || !session.initialize) return;
    if (session.waiting || this.worthwhile(session)) void this.reopen(session);
  }

  reclaimed(link: Link): void {
    const { session } = link;
    const why = new GatewayError('session_ended');
    const own = session.link === link;
    void link.close(why);
    if (own || session.draining.has(link)) session.dropped(link);
    if (!own) return;
    this.bus.emit('lease_reclaimed', link.about);
    this.withdrawQuestions(link);
    session.forgotten = !session.unit.stateless;
    session.owner.reclaimed();
  }

  drained(link: Link): void {
    link.session.dropped(link);
    link.closeSoon();
  }

  /** What waits is sent, unless it is to wait for something else. */
  private resume(session: UpstreamSession): void {
    if (!session.waiting || session.ended || session.opening) return;
    const { link } = session;
    if (!link) return void this.reopen(session);
    const { health, state } = link;
    if (state === 'restoring' || (health.is === 'suspect' && health.asking)) return;
    this.parts.dispatcher.release(session);
  }

  /** A message of the gateway's own that wants an answer. */
  request(method: string, params: object = {}): JsonRpcMessage {
    return JsonRpcMessage.of({ id: ++this.asked, method, params });
  }

  /** Asks for a sign of life. Resolves with the answer, an error included. */
  ping(link: Link): Promise<JsonRpcMessage> {
    return this.ask(link, this.parts.era.liveness);
  }

  /** Asks the unit past what waits for a link. Resolves with the answer, an error included. */
  private ask(link: Link, method: string, params?: object): Promise<JsonRpcMessage> {
    const connection = new InternalConnection();
    this.parts.dispatcher.ask(link, this.request(method, params), connection);
    return connection.answer;
  }

  /** Something broke off: the unit may be gone with it, and better to know before the next call, which waits for that. */
  private async verify(link: Link, why: GatewayError): Promise<void> {
    if (!link.lives || (link.health.is === 'suspect' && link.health.asking)) return;
    link.asking(why, this.parts.watch.now);
    const answer = await this.ping(link);
    if (!link.lives) return;
    link.cleared('asking');
    if (link.health.is === 'suspect') return;
    const { session } = link;
    if (session.link !== link) return link.settled();
    if (answer.isError && isOurs(answer)) this.parts.recovery.stranded(session, new GatewayError('unit_unavailable'));
    else this.parts.dispatcher.release(session);
  }

  /** It takes no connections, but others wait for answers: where it is gone those break off, where it only leaves they come. */
  private doubt(link: Link, why: GatewayError): void {
    if (!link.lives || (link.health.is === 'suspect' && link.health.refusing)) return;
    link.refusing(why, this.parts.watch.now);
    const judge = (): void => {
      if (!link.lives) return;
      link.cleared('refusing');
      if (link.inFlight === 0) this.lost(link, why);
      else if (link.session.link === link) this.parts.recovery.stranded(link.session, why);
    };
    setTimeout(judge, DOUBT).unref();
  }

  /** Subscriptions want a link also while nobody calls, but not one after the other from a unit that dies of it. */
  private worthwhile(session: UpstreamSession): boolean {
    const { now } = this.parts.watch;
    if (session.subscriptions.size === 0 || now - session.revivedAt < REVIVAL) return false;
    session.revivedAt = now;
    return true;
  }

  /** The unit said no to `initialize`, or nothing that could be understood. */
  private turnedDown(link: Link, answer: JsonRpcMessage): void {
    const message = answer.isError
      ? 'The unit refused to initialize.'
      : 'The unit answered initialize with no InitializeResult.';
    const error = new GatewayError('unit_unavailable', message);
    void link.close(error);
    link.session.notOpened();
    this.parts.recovery.stranded(link.session, error);
  }

  /**
   * What a client would say to a unit that it has just initialized, and had said to the one before: a promise where that
   * is more than a greeting. Calls wait for it, because over HTTP nothing else keeps the order.
   */
  private greet(link: Link): Promise<unknown> | undefined {
    const { level, subscriptions } = link.session;
    const ready = this.parts.era.ready();
    if (ready) link.tell(ready);
    const restored = [level, ...subscriptions.values()].filter(frame => frame !== undefined);
    if (restored.length === 0) return undefined;
    return Promise.all(restored.map(({ method, params }) => this.ask(link, method, params)));
  }

  /** The unit may have died of what it was told. */
  private restored(link: Link): void {
    if (link.state !== 'restoring') return;
    link.restored();
    this.parts.dispatcher.release(link.session);
  }

  /** The client need not answer what nobody waits for any more. */
  private withdrawQuestions(link: Link): void {
    for (const { number, context } of link.asks.clear())
      context.to.send(this.parts.era.cancelled(number, 'The unit that asked is gone.'));
  }
}

/** Whether the error is the gateway's own: the unit itself has answered nothing then. */
function isOurs({ view }: JsonRpcMessage): boolean {
  const { data } = view.error as { data?: { reason?: unknown } };
  return data?.reason !== undefined;
}
