import { ClientActivities, ClientActivity } from '../telemetry/client-activity.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Counters } from '../telemetry/counters.js';
import { Clock } from '../kernel/clock.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { Connection } from '../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { JsonRpcMessage } from '../kernel/json-rpc/message.js';
import { McpInbound, SessionHandle } from '../kernel/ports/mcp-inbound.js';
import { Load } from '../kernel/ports/vitals.js';
import { Admission, Authorizer, Caller, Limits, Pass, Principal } from '../kernel/ports/access.js';
import { Unit } from '../kernel/ports/unit.js';
import { LEGACY_VERSIONS, takesBatches } from '../kernel/mcp-versions.js';
import { Session } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import { clientOf } from './client-key.js';
import { McpSession } from './mcp-session.js';
import { Era } from './eras/era.js';
import { SessionFactory } from './session-factory.js';
import { RequestDispatcher } from './upstream/request-dispatcher.js';
import { UpstreamSessions } from './upstream/upstream-sessions.js';

export interface McpServerParts {
  era: Era;
  sessions: Sessions;
  admission: Admission;
  authorizer: Authorizer;
  limits: Limits;
  sessionFactory: SessionFactory;
  upstreams: UpstreamSessions;
  dispatcher: RequestDispatcher;
  activity: ClientActivities;
}

/** MCP as transports see it: opens sessions, hands their messages on, ends what must end. */
export class McpServer extends McpInbound {
  private readonly sessionFactory = new WeakMap<SessionHandle, McpSession>();
  /** Who uses what. */
  private readonly served = new WeakMap<SessionHandle, { caller: Caller; units: readonly Unit[] }>();
  /** Of sessions that live on one connection. */
  private readonly passes = new WeakMap<SessionHandle, Pass>();
  private draining = false;

  constructor(
    private readonly stations: McpServerParts,
    private readonly bus: EventBus,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {
    super();
  }

  async open(caller: Caller, home: Connection): Promise<SessionHandle> {
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    const { sessions, admission, sessionFactory } = this.stations;
    const choice = sessionFactory.choose(caller.unit, unit => this.reaches(caller, unit));
    await admission.enter(caller, sessions.size);
    const pass = this.passOf(caller);
    const session = sessions.open(caller, choice.name, home);
    session.client = clientOf(caller, session.label);
    session.activity = this.begin(session.client);
    home.clientJournal = session.activity;
    this.served.set(session, { caller, units: choice.units });
    if (pass) this.passes.set(session, pass);
    const end = (reason: CloseReason, error: GatewayError): void => this.end(session, reason, error);
    this.sessionFactory.set(session, sessionFactory.open(choice, session, caller.affinity ?? session.id, end));
    this.counters.sessions.add(caller.transport);
    const { client, label } = session;
    const { transport, principal } = session.record;
    this.bus.emit('session_opened', { session: label, client, transport, principal, unit: choice.name });
    return session;
  }

  find(id: string, principal: Principal): SessionHandle | undefined {
    return this.stations.sessions.find(id, principal);
  }

  takesBatches(session: SessionHandle): boolean {
    return takesBatches(session.protocolVersion);
  }

  opensSession(message: JsonRpcMessage): boolean {
    return this.stations.era.classify(message) === 'open';
  }

  speaks(version: string): boolean {
    return (LEGACY_VERSIONS as readonly string[]).includes(version);
  }

  receive(session: SessionHandle, frame: JsonRpcMessage, via: Connection): void {
    const mcpSession = this.sessionFactory.get(session);
    this.counters.messagesIn.add(via.transport);
    via.clientJournal = (session as Session).activity;
    if (!mcpSession || session.ended)
      return this.stations.dispatcher.refuse(frame, via, new GatewayError('session_ended'));
    this.stations.sessions.touch(session as Session);
    if (this.draining && frame.kind === 'request') {
      return this.stations.dispatcher.refuse(frame, via, new GatewayError('draining', undefined, 1_000));
    }
    via.noteReceived(frame);
    if (frame.kind !== 'response' && this.bus.hears('external_message')) this.tell(session as Session, frame);
    const refusal = this.count(session as Session, frame);
    if (refusal) return this.turnAway(session as Session, frame, via, refusal);
    const { own } = this.counters;
    own.begin(this.clock);
    mcpSession.receive(frame, via);
    own.end();
  }

  holdFor(session: SessionHandle): number {
    return this.stations.limits.holdFor((session as Session).client);
  }

  close(session: SessionHandle, reason: CloseReason): void {
    this.end(session as Session, reason, new GatewayError('session_ended'));
  }

  /** From now on no new sessions and no new calls; answers to running ones still come in. */
  startDrain(): void {
    this.draining = true;
  }

  endDrain(): void {
    this.draining = false;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  load(): Load {
    const { sessions, upstreams } = this.stations;
    let callsInFlight = upstreams.load;
    for (const session of sessions.all()) callsInFlight += this.sessionFactory.get(session)!.pending;
    return { sessions: sessions.size, callsInFlight, relays: upstreams.size };
  }

  /** Ends every session; calls that are still running end without anybody knowing how. */
  closeAll(): void {
    const error = new GatewayError('outcome_unknown', 'The gateway stopped before the call ended.');
    for (const session of this.stations.sessions.all()) this.end(session, 'draining', error);
    this.stations.sessionFactory.close(error);
  }

  /** Ends sessions that have been silent for longer than the idle time and have no call that anybody waits for. */
  endIdle(idleMs?: number): number {
    let count = 0;
    for (const session of this.stations.sessions.idle(idleMs)) {
      if (this.sessionFactory.get(session)!.awaited) continue;
      this.close(session, 'idle');
      count++;
    }
    return count;
  }

  private begin(client: string): ClientActivity {
    const activity = this.stations.activity.of(client);
    activity.connects++;
    activity.connections++;
    return activity;
  }

  /** Who may not even initialize has no use for the session, and is to begin another one later. */
  private turnAway(session: Session, frame: JsonRpcMessage, via: Connection, refusal: GatewayError): void {
    this.stations.dispatcher.refuse(frame, via, refusal);
    const opens = this.stations.era.classify(frame) === 'open';
    if (opens && session.protocolVersion === undefined) this.end(session, 'refused', refusal);
  }

  /** @returns why its client may not ask that now */
  private count({ activity, client }: Session, frame: JsonRpcMessage): GatewayError | undefined {
    activity!.messages++;
    if (frame.kind !== 'request') return undefined;
    try {
      this.stations.limits.request(client);
    } catch (thrown) {
      activity!.refused++;
      return toGatewayError(thrown);
    }
    const tool = this.stations.era.toolOf(frame);
    if (tool !== undefined) activity!.calls(tool);
    return undefined;
  }

  private tell({ client, label: session, record }: Session, { method: type, text }: JsonRpcMessage): void {
    this.bus.emit('external_message', { client, session, type, bytes: Buffer.byteLength(text), unit: record.unit });
  }

  /** The policy is another one: sessions end that use a unit which their caller does not reach any more. */
  review(): void {
    const error = new GatewayError('forbidden');
    for (const session of [...this.stations.sessions.all()]) {
      const { caller, units } = this.served.get(session)!;
      if (!units.every(({ name }) => this.reaches(caller, name))) this.end(session, 'refused', error);
    }
  }

  private reaches({ principal, address }: Caller, unit: string): boolean {
    return this.stations.authorizer.reaches(principal, address, 'unit', unit);
  }

  /** Sessions over sockets and event streams are connections that last, and are counted as such. */
  private passOf({ transport, address, principal }: Caller): Pass | undefined {
    if (transport !== 'websocket' && transport !== 'http_sse') return undefined;
    return this.stations.limits.enter({ address, anonymous: principal.anonymous });
  }

  /** Ends a session once: whoever waits is answered, its connection is closed, its leases go back. */
  private end(session: Session, reason: CloseReason, error: GatewayError): void {
    const mcpSession = this.sessionFactory.get(session);
    if (!mcpSession || session.ended) return;
    this.stations.sessions.remove(session);
    this.passes.get(session)?.release();
    session.activity!.connections--;
    mcpSession.end(error);
    session.home.close(reason);
    const { transport, createdAt } = session.record;
    this.counters.sessions.add(transport, -1);
    const ageMs = this.clock.now() - createdAt;
    this.bus.emit('session_closed', { session: session.label, client: session.client, transport, reason, ageMs });
  }
}
