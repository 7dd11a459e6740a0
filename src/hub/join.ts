import { Position } from '../delivery/position.js';
import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { Gate } from '../kernel/ports/handshake-gate.js';
import { GatewayError } from '../kernel/errors.js';
import { Arrival } from '../kernel/ports/push-connection.js';
import { isLockedOut, Levers } from '../kernel/ports/levers.js';
import { Admission, Authenticator, Authorizer, Limits, Pass, Principal, SwitchPermit } from '../kernel/ports/access.js';
import { Hello } from './protocols/codec.js';
import { readEventId } from './protocols/native/event-id.js';
import { Channel, Member } from './hub-session.js';
import { Channels } from './hub.js';
import { assertReaches } from './client-requests.js';

/** Milliseconds after which those who are no operators may ask again. */
const LOCKDOWN_RETRY = 30_000;

export interface LobbyStations {
  authenticator: Authenticator;
  authorizer: Authorizer;
  admission: Admission;
  limits: Limits;
  permit: SwitchPermit;
  gate: Gate;
  levers: Levers;
  /** Sessions of all kinds that are open now. */
  openSessions: () => number;
}

/** Somebody who is let in. */
export interface Guest {
  channel: Channel;
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
  applicant: Member;
  principal: Principal;
  arrival: Arrival;
  hello: Hello;
}

/** Where connections become members of channels: who are you, which session do you want, may you? */
export class Lobby {
  draining = false;
  /** Those who have had their turn at the gate for a join. */
  private readonly paced = new WeakSet<Member>();

  constructor(
    private readonly channels: Channels,
    private readonly stations: LobbyStations,
    private readonly clock: Clock,
  ) {}

  /**
   * @param admit makes a member of the guest, at once: nothing comes between what is asked here and that. Not called where
   *   the applicant has left meanwhile
   * @throws GatewayError why not
   */
  async enter(applicant: Member, arrival: Arrival, hello: Hello, admit: (guest: Guest) => void): Promise<void> {
    // An event stream has had its turn as a handshake.
    if (arrival.protocol !== 'event_stream') await this.pace(applicant);
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    const principal = await this.stations.authenticator.authenticate({ token: hello.token ?? arrival.token });
    this.assertAllowed(principal, arrival, hello);
    const application = { applicant, principal, arrival, hello };
    const { channel, resumed } = await this.select(application);
    let pass: Pass | undefined;
    try {
      this.stations.limits.join(channel.session.clientKey);
      const switchedFrom = resumed ? this.askSwitch(channel, applicant, hello) : undefined;
      pass = this.place(channel, application);
      await channel.ready;
      if (channel.closed) throw new GatewayError('session_ended');
      if (!applicant.attached) return pass.release();
      this.describe(channel, application);
      const takesOver = hello.resumeToken !== undefined;
      admit({ channel, pass, position: positionOf(arrival, hello), resumed, takesOver, switchedFrom });
    } catch (thrown) {
      pass?.release();
      throw thrown;
    } finally {
      channel.arriving--;
      this.channels.abandon(channel);
    }
  }

  /** Its first join is what its handshake was for. */
  private pace(applicant: Member): Promise<void> | undefined {
    const again = this.paced.has(applicant);
    this.paced.add(applicant);
    return this.stations.gate.enter(() => applicant.attached, !again);
  }

  /** What can be said of it before there is a session. */
  private assertAllowed(principal: Principal, { address }: Arrival, { topics = [] }: Hello): void {
    const { levers, authorizer } = this.stations;
    if (isLockedOut(levers.now, principal)) throw new GatewayError('lockdown', undefined, LOCKDOWN_RETRY);
    assertReaches(authorizer, principal, address, topics);
  }

  /** Who takes the session over may have the place of somebody who has to go for it. */
  private place(channel: Channel, { applicant, principal: { anonymous }, arrival, hello }: Application): Pass {
    const { clientKey: client } = channel.session;
    const enter = (): Pass => this.stations.limits.enter({ address: arrival.address, anonymous, client });
    try {
      return enter();
    } catch (thrown) {
      if (hello.resumeToken === undefined || channel.members.size === 0) throw thrown;
      channel.takeOver(applicant);
      return enter();
    }
  }

  /** The channel it is about; somebody is arriving there from then on. */
  private async select(application: Application): Promise<{ channel: Channel; resumed: boolean }> {
    const { principal, applicant, arrival, hello } = application;
    const { clientId, resumeToken, session: wanted } = hello;
    const { sessions } = this.channels;
    const arriving = (channel: Channel, resumed: boolean): { channel: Channel; resumed: boolean } => {
      channel.arriving++;
      return { channel, resumed };
    };
    if (resumeToken !== undefined)
      return arriving(this.channels.of(sessions.byResumeToken(principal, resumeToken)), true);
    if (clientId === undefined) throw new GatewayError('client_id_required');
    const known = (): Channel | undefined => {
      const session = sessions.defaultOf(principal, clientId);
      return wanted === 'new' || !session ? undefined : this.channels.of(session);
    };
    const channel = known();
    if (channel) return arriving(channel, true);
    const { transport } = applicant;
    const { address } = arrival;
    await this.admit(principal, address, transport);
    const meanwhile = known();
    if (meanwhile) return arriving(meanwhile, true);
    const isDefault = wanted !== 'new';
    return arriving(this.channels.open({ principal, clientId, transport, address, isDefault }), false);
  }

  private async admit(principal: Principal, address: string, transport: TransportName): Promise<void> {
    const { admission, openSessions } = this.stations;
    const caller = { principal, address, transport };
    try {
      await admission.enter(caller, openSessions());
    } catch (thrown) {
      if (!(thrown instanceof GatewayError && thrown.code === 'too_many_sessions')) throw thrown;
      this.channels.reclaim();
      await admission.enter(caller, openSessions());
    }
  }

  /**
   * Coming by another transport is a switch where the session is taken over, or nobody else is connected. It may be
   * refused only while there is still a connection.
   */
  private askSwitch(channel: Channel, { transport: to }: Member, hello: Hello): TransportName | undefined {
    const { transport: from } = channel.session.record;
    const others = [...channel.members].some(({ attached }) => attached);
    if (from === to || (others && hello.resumeToken === undefined)) return undefined;
    const { permit } = this.stations;
    const { clientKey: client } = channel.session;
    const { led } = channel;
    channel.led = undefined;
    if (led?.to === to) return from;
    if (!others) permit.note(client, from, to);
    else {
      const wait = permit.ask(client, from, to);
      if (wait > 0) throw new GatewayError('switch_refused', undefined, wait);
    }
    return from;
  }

  /** Notes what the client says of itself, as far as it may: by the credentials it has now, not by those of its first join. */
  private describe(channel: Channel, { applicant, principal, arrival, hello }: Application): void {
    const { session } = channel;
    const { address } = arrival;
    const { channel: record } = session.record;
    const { authorizer } = this.stations;
    if (hello.role !== undefined || hello.scopes) {
      const asked = { role: hello.role, scopes: hello.scopes ?? [] };
      const { role, scopes } = authorizer.grant(principal, address, asked);
      this.channels.sessions.describe(session, role, scopes);
    }
    if (hello.topics) this.channels.sessions.subscribe(session, hello.topics);
    this.channels.comesBy(channel, applicant.transport);
    record.address = address;
    record.preference = hello.transport ?? record.preference;
    record.terminalType = hello.terminalType ?? record.terminalType;
    record.windowSize = hello.windowSize ?? record.windowSize;
    record.capabilities = hello.capabilities ?? record.capabilities;
    session.record.lastActiveAt = this.clock.now();
  }
}

/**
 * An EventSource comes back with the URL that it began with: its `Last-Event-ID` is newer than what that says. One that is
 * none of ours is a position in an epoch that never was.
 */
function positionOf({ lastEventId }: Arrival, { epoch, last }: Hello): Position | undefined {
  const known = lastEventId ? readEventId(lastEventId) : undefined;
  if (known) return known;
  if (epoch !== undefined && last !== undefined) return { epoch, last };
  return lastEventId ? { epoch: '', last: -1 } : undefined;
}
