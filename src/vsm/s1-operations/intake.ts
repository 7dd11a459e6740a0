import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { CloseReason } from '../../kernel/close-reason.js';
import { Connection } from '../../kernel/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Intake, SessionHandle } from '../../kernel/intake.js';
import { Load } from '../../kernel/vitals.js';
import { Admission, Caller, Limits, Pass, Principal } from '../../kernel/principal.js';
import { LEGACY_VERSIONS, takesBatches } from '../../kernel/mcp-versions.js';
import { Session } from '../../session/session.js';
import { Sessions } from '../../session/sessions.js';
import { Desk } from './desk.js';
import { Desks } from './desks.js';
import { Dispatch } from './dispatch.js';
import { Relays } from './relays.js';

export interface Stations {
  sessions: Sessions;
  admission: Admission;
  limits: Limits;
  desks: Desks;
  relays: Relays;
  dispatch: Dispatch;
}

/** S1 as the doors see it: opens sessions, hands their messages to their desks, ends what must end. */
export class OperationsIntake extends Intake {
  private readonly desks = new WeakMap<SessionHandle, Desk>();
  /** Of sessions that live on one connection. */
  private readonly passes = new WeakMap<SessionHandle, Pass>();
  private draining = false;

  constructor(
    private readonly stations: Stations,
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
  ) {
    super();
  }

  async open(caller: Caller, home: Connection): Promise<SessionHandle> {
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    const { sessions, admission, desks } = this.stations;
    const choice = desks.choose(caller.unit);
    await admission.enter(caller, sessions.size);
    const pass = this.passOf(caller);
    const session = sessions.open(caller, choice.name, home);
    if (pass) this.passes.set(session, pass);
    const end = (reason: CloseReason, error: GatewayError): void => this.end(session, reason, error);
    this.desks.set(session, desks.open(choice, session, caller.affinity ?? session.id, end));
    this.tally.sessions.add(caller.transport);
    const { transport, principal } = session.record;
    this.bus.emit('session_opened', { session: session.label, transport, principal, unit: choice.name });
    return session;
  }

  find(id: string, principal: Principal): SessionHandle | undefined {
    return this.stations.sessions.find(id, principal);
  }

  takesBatches(session: SessionHandle): boolean {
    return takesBatches(session.protocolVersion);
  }

  speaks(version: string): boolean {
    return (LEGACY_VERSIONS as readonly string[]).includes(version);
  }

  receive(session: SessionHandle, frame: Frame, via: Connection): void {
    const desk = this.desks.get(session);
    this.tally.messagesIn.add(via.transport);
    if (!desk || session.ended) return this.stations.dispatch.refuse(frame, via, new GatewayError('session_ended'));
    this.stations.sessions.touch(session as Session);
    if (this.draining && frame.kind === 'request') {
      return this.stations.dispatch.refuse(frame, via, new GatewayError('draining', undefined, 1_000));
    }
    desk.receive(frame, via);
  }

  close(session: SessionHandle, reason: CloseReason): void {
    this.end(session as Session, reason, new GatewayError('session_ended'));
  }

  /** From now on no new sessions and no new calls; answers to running ones still come in. */
  startDrain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  load(): Load {
    const { sessions, relays } = this.stations;
    let callsInFlight = relays.load;
    for (const session of sessions.all()) callsInFlight += this.desks.get(session)!.pending;
    return { sessions: sessions.size, callsInFlight, relays: relays.size };
  }

  /** Ends every session; calls that are still running end without anybody knowing how. */
  closeAll(): void {
    const error = new GatewayError('outcome_unknown', 'The gateway stopped before the call ended.');
    for (const session of this.stations.sessions.all()) this.end(session, 'draining', error);
    this.stations.desks.close();
  }

  /** Ends sessions that have been silent for longer than the idle time and have no call that anybody waits for. */
  endIdle(): void {
    for (const session of this.stations.sessions.idle()) {
      if (!this.desks.get(session)!.awaited) this.close(session, 'idle');
    }
  }

  /** Sessions over sockets and event streams are connections that last, and are counted as such. */
  private passOf({ transport, address, principal }: Caller): Pass | undefined {
    if (transport !== 'websocket' && transport !== 'http_sse') return undefined;
    return this.stations.limits.enter({ address, anonymous: principal.anonymous });
  }

  /** Ends a session once: whoever waits is answered, its connection is closed, its leases go back. */
  private end(session: Session, reason: CloseReason, error: GatewayError): void {
    const desk = this.desks.get(session);
    if (!desk || session.ended) return;
    this.stations.sessions.remove(session);
    this.passes.get(session)?.release();
    desk.end(error);
    session.home.close(reason);
    const { transport, createdAt } = session.record;
    this.tally.sessions.add(transport, -1);
    const ageMs = this.clock.now() - createdAt;
    this.bus.emit('session_closed', { session: session.label, transport, reason, ageMs });
  }
}
