import { Position } from '../delivery/position.js';
import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { GatewayError } from '../kernel/errors.js';
import { PushRequest } from '../kernel/ports/push-connection.js';
import { isLockedOut, Levers } from '../kernel/ports/levers.js';
import { Admission, Authenticator, Authorizer, Limits, Pass, Principal, SwitchPermit } from '../kernel/ports/access.js';
import { JoinRequest } from './protocols/codec.js';
import { readEventId } from './protocols/native/event-id.js';
import { HubSession, HubConnection } from './hub-session.js';
import { Hub } from './hub.js';
import { assertReaches } from './client-requests.js';

/** Milliseconds after which those who are no operators may ask again. */
const LOCKDOWN_RETRY = 30_000;

export interface JoinStations {
  authenticator: Authenticator;
  authorizer: Authorizer;
  admission: Admission;
  limits: Limits;
  permit: SwitchPermit;
  gate: HandshakePacing;
  levers: Levers;
  /** Sessions of all kinds that are open now. */
  openSessions: () => number;
}

/** Somebody who is let in. */
export interface Joined {
  hubSession: HubSession;
  pass: Pass;
  /** What the client says it has dispatched. */
  position: Position | undefined;
  /** Whether its session was there before. */
  resumed: boolean;
  /** Whether it is to be the only connection of its session. */
  takesOver: boolean;
  /** The transport that served the session before, where that is another one. */
  switchedFrom?: TransportName;
}

interface Application {
  applicant: HubConnection;
  principal: Principal;
  pushRequest: PushRequest;
  joinRequest: JoinRequest;
}

/** Where connections become members of channels: who are you, which session do you want, may you? */
export class Join {
  draining = false;
  /** Those who have had their turn at the gate for a join. */
  private readonly paced = new WeakSet<HubConnection>();

  constructor(
    private readonly hub: Hub,
    private readonly stations: JoinStations,
    private readonly clock: Clock,
  ) {}

  /**
   * @param admit makes a member of the guest, at once: nothing comes between what is asked here and that. Not called where
   *   the applicant has left meanwhile
   * @throws GatewayError why not
   */
  async enter(
    applicant: HubConnection,
    pushRequest: PushRequest,
    joinRequest: JoinRequest,
    admit: (admitted: Joined) => void,
  ): Promise<void> {
    // An event stream has had its turn as a handshake.
    if (pushRequest.protocol !== 'event_stream') await this.pace(applicant);
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    const principal = await this.stations.authenticator.authenticate({ token: joinRequest.token ?? pushRequest.token });
    this.assertAllowed(principal, pushRequest, joinRequest);
    const application = { applicant, principal, pushRequest, joinRequest };
    const { hubSession, resumed } = await this.select(application);
    let pass: Pass | undefined;
    try {
      this.stations.limits.join(hubSession.session.clientKey);
      const switchedFrom = resumed ? this.askSwitch(hubSession, applicant, joinRequest) : undefined;
      pass = this.place(hubSession, application);
      await hubSession.ready;
      if (hubSession.closed) throw new GatewayError('session_ended');
      if (!applicant.attached) return pass.release();
      this.describe(hubSession, application);
      const takesOver = joinRequest.resumeToken !== undefined;
      admit({ hubSession, pass, position: positionOf(pushRequest, joinRequest), resumed, takesOver, switchedFrom });
    } catch (thrown) {
      pass?.release();
      throw thrown;
    } finally {
      hubSession.arriving--;
      this.hub.abandon(hubSession);
    }
  }

  /** Its first join is what its handshake was for. */
  private pace(applicant: HubConnection): Promise<void> | undefined {
    const again = this.paced.has(applicant);
    this.paced.add(applicant);
    return this.stations.gate.enter(() => applicant.attached, !again);
  }

  /** What can be said of it before there is a session. */
  private assertAllowed(principal: Principal, { address }: PushRequest, { topics = [] }: JoinRequest): void {
    const { levers, authorizer } = this.stations;
    if (isLockedOut(levers.now, principal)) throw new GatewayError('lockdown', undefined, LOCKDOWN_RETRY);
    assertReaches(authorizer, principal, address, topics);
  }

  /** Who takes the session over may have the place of somebody who has to go for it. */
  private place(
    hubSession: HubSession,
    { applicant, principal: { anonymous }, pushRequest, joinRequest }: Application,
  ): Pass {
    const { clientKey: client } = hubSession.session;
    const enter = (): Pass => this.stations.limits.enter({ address: pushRequest.address, anonymous, client });
    try {
      return enter();
    } catch (thrown) {
      if (joinRequest.resumeToken === undefined || hubSession.hubConnections.size === 0) throw thrown;
      hubSession.takeOver(applicant);
      return enter();
    }
  }

  /** The channel it is about; somebody is arriving there from then on. */
  private async select(application: Application): Promise<{ hubSession: HubSession; resumed: boolean }> {
    const { principal, applicant, pushRequest, joinRequest } = application;
    const { clientId, resumeToken, session: wanted } = joinRequest;
    const { sessions } = this.hub;
    const arriving = (hubSession: HubSession, resumed: boolean): { hubSession: HubSession; resumed: boolean } => {
      hubSession.arriving++;
      return { hubSession, resumed };
    };
    if (resumeToken !== undefined) return arriving(this.hub.of(sessions.byResumeToken(principal, resumeToken)), true);
    if (clientId === undefined) throw new GatewayError('client_id_required');
    const known = (): HubSession | undefined => {
      const session = sessions.defaultOf(principal, clientId);
      return wanted === 'new' || !session ? undefined : this.hub.of(session);
    };
    const hubSession = known();
    if (hubSession) return arriving(hubSession, true);
    const { transport } = applicant;
    const { address } = pushRequest;
    await this.admit(principal, address, transport);
    const meanwhile = known();
    if (meanwhile) return arriving(meanwhile, true);
    const isDefault = wanted !== 'new';
    return arriving(this.hub.open({ principal, clientId, transport, address, isDefault }), false);
  }

  private async admit(principal: Principal, address: string, transport: TransportName): Promise<void> {
    const { admission, openSessions } = this.stations;
    const caller = { principal, address, transport };
    try {
      await admission.enter(caller, openSessions());
    } catch (thrown) {
      if (!(thrown instanceof GatewayError && thrown.code === 'too_many_sessions')) throw thrown;
      this.hub.reclaim();
      await admission.enter(caller, openSessions());
    }
  }

  /**
   * Coming by another transport is a switch where the session is taken over, or nobody else is connected. It may be
   * refused only while there is still a connection.
   */
  private askSwitch(
    hubSession: HubSession,
    { transport: to }: HubConnection,
    joinRequest: JoinRequest,
  ): TransportName | undefined {
    const { transport: from } = hubSession.session.record;
    const others = [...hubSession.hubConnections].some(({ attached }) => attached);
    if (from === to || (others && joinRequest.resumeToken === undefined)) return undefined;
    const { permit } = this.stations;
    const { clientKey: client } = hubSession.session;
    const { led } = hubSession;
    hubSession.led = undefined;
    if (led?.to === to) return from;
    if (!others) permit.note(client, from, to);
    else {
      const wait = permit.ask(client, from, to);
      if (wait > 0) throw new GatewayError('switch_refused', undefined, wait);
    }
    return from;
  }

  /** Notes what the client says of itself, as far as it may: by the credentials it has now, not by those of its first join. */
  private describe(hubSession: HubSession, { applicant, principal, pushRequest, joinRequest }: Application): void {
    const { session } = hubSession;
    const { address } = pushRequest;
    const { channel: record } = session.record;
    const { authorizer } = this.stations;
    if (joinRequest.role !== undefined || joinRequest.scopes) {
      const asked = { role: joinRequest.role, scopes: joinRequest.scopes ?? [] };
      const { role, scopes } = authorizer.grant(principal, address, asked);
      this.hub.sessions.describe(session, role, scopes);
    }
    if (joinRequest.topics) this.hub.sessions.subscribe(session, joinRequest.topics);
    this.hub.comesBy(hubSession, applicant.transport);
    record.address = address;
    record.preference = joinRequest.transport ?? record.preference;
    record.terminalType = joinRequest.terminalType ?? record.terminalType;
    record.windowSize = joinRequest.windowSize ?? record.windowSize;
    record.capabilities = joinRequest.capabilities ?? record.capabilities;
    session.record.lastActiveAt = this.clock.now();
  }
}

/**
 * An EventSource comes back with the URL that it began with: its `Last-Event-ID` is newer than what that says. One that is
 * none of ours is a position in an epoch that never was.
 */
function positionOf({ lastEventId }: PushRequest, { epoch, last }: JoinRequest): Position | undefined {
  const known = lastEventId ? readEventId(lastEventId) : undefined;
  if (known) return known;
  if (epoch !== undefined && last !== undefined) return { epoch, last };
  return lastEventId ? { epoch: '', last: -1 } : undefined;
}
