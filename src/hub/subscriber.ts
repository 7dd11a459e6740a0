import { Outboxes } from '../delivery/outboxes.js';
import { Gap } from '../delivery/position.js';
import { Cursor, Sink } from '../delivery/cursor.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { TransportName } from '../kernel/ports/connection.js';
import { Entry } from '../kernel/ports/envelope.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { PushRequest, PushConnection, PushReceiver } from '../kernel/ports/push-connection.js';
import { Codec, JoinRequest, Inbound } from './protocols/codec.js';
import { mergeJoinRequest } from './protocols/join-request.js';
import { HubSession, HubConnection } from './hub-session.js';
import { SubscriberJournal } from './subscriber-journal.js';
import { EarlyFrame, Membership, Reply, SubscriberLife } from './subscriber-state.js';
import { Joined } from './join.js';
import { SubscriberParts } from './subscriber-parts.js';
import { debugStateOf, readerKindOf, welcomeOf } from './welcome.js';

/** Frames that may wait while a client is being let in. */
const MAX_EARLY = 64;
/** Joins that are refused on one connection before it is closed: each has credentials looked at, and may be a guess. */
const MAX_REFUSED = 10;

/** One connection: it listens to its client, and gives it what its session's outbox owes. */
export class Subscriber implements PushReceiver, HubConnection, Sink {
  private readonly life = new SubscriberLife();
  private refusals = 0;
  /** Whether it joined by its URL alone, having said nothing. */
  private implied = false;

  constructor(
    private readonly pushConnection: PushConnection,
    private readonly codec: Codec,
    private readonly pushRequest: PushRequest,
    /** What the URL says. */
    private readonly joinRequest: JoinRequest,
    private readonly parts: SubscriberParts,
  ) {
    pushConnection.onDrain = () => {
      const { membership } = this.life;
      if (membership) this.outboxes.wake(membership.hubSession.outbox!);
    };
  }

  get joined(): boolean {
    return this.life.state.is === 'joined';
  }

  get attached(): boolean {
    return this.life.state.is !== 'ended' && this.pushConnection.attached;
  }

  get buffered(): number {
    return this.pushConnection.buffered;
  }

  get transport(): TransportName {
    return this.pushConnection.transport;
  }

  receive(data: string | Uint8Array, reply: Reply = text => this.pushConnection.write(text)): Promise<void> | void {
    this.parts.counters.messagesIn.add(this.transport);
    const inbound = this.codec.decode(data);
    this.life.membership?.notes.received(inbound.kind, data.length);
    return this.take(inbound, text => text === '' || reply(text));
  }

  holdFor(): number {
    const { membership } = this.life;
    return membership ? this.parts.clientRequests.holdFor(membership.notes.activity) : 0;
  }

  gone(abnormal = false): void {
    const { state, membership } = this.life;
    if (state.is === 'ended') return;
    if (membership) this.parts.transportSteering.note(membership.hubSession.session, this.transport, abnormal);
    this.leave(abnormal ? 'broken' : 'closed');
    this.life.end();
  }

  joinByArrival(): void {
    this.implied = true;
    void this.take({ kind: 'join', ref: undefined, joinRequest: {} }, text => this.pushConnection.write(text));
  }

  /** Something is wrong with what the client said before it said anything. */
  mind(thrown: unknown): void {
    this.refuseJoin(undefined, thrown, text => this.pushConnection.write(text));
  }

  deliver(entry: Entry, epoch: string): number {
    const text = this.codec.message(entry, epoch);
    this.pushConnection.write(text);
    this.parts.counters.messagesOut.add(this.transport);
    this.life.membership?.notes.sent(entry, text.length);
    return text.length;
  }

  gap(gap: Gap): void {
    this.tell('gap', JSON.stringify(gap));
  }

  tell(type: string, payload: string): void {
    if (this.attached) this.pushConnection.write(this.codec.status(type, payload));
  }

  end(reason: CloseReason): void {
    if (this.life.state.is === 'ended') return;
    this.leave(reason);
    this.life.end();
    this.sayFarewell();
    this.pushConnection.close(reason);
  }

  /** @throws GatewayError why it may not */
  async join(ref: unknown, joinRequest: JoinRequest, reply: Reply): Promise<void> {
    const { state } = this.life;
    switch (state.is) {
      case 'ended':
        return;
      case 'joining':
        throw new GatewayError('already_joined');
      case 'joined':
        if (!this.mayRejoin) throw new GatewayError('already_joined');
        // As in Phoenix itself, a join ends the one before: its client takes nothing more of that one, whatever comes of this.
        this.leave('joined anew');
        this.sayFarewell();
        break;
      case 'waiting':
    }
    const early = this.life.join();
    const welcome = (response: object): unknown => reply(this.codec.welcome(ref, response));
    try {
      await this.parts.joins.enter(this, this.pushRequest, joinRequest, admitted => {
        this.admit(admitted, joinRequest, welcome);
        this.takeEarly(early);
      });
    } finally {
      const { state } = this.life;
      if (state.is === 'joining' && state.early === early) this.life.notAdmitted();
      this.takeEarly(early);
    }
  }

  /** What came meanwhile is taken before anything that comes from now on, whatever came of the join. */
  private takeEarly(early: EarlyFrame[]): void {
    for (const { inbound, reply } of early.splice(0)) void this.take(inbound, reply);
  }

  /** A socket may join again in Phoenix; in native, whose hello was still on its way when it counted as silent. */
  private get mayRejoin(): boolean {
    return this.pushRequest.protocol === 'phoenix' || this.implied;
  }

  private get outboxes(): Outboxes {
    return this.parts.hub.outboxes;
  }

  private take(inbound: Inbound<unknown>, reply: Reply): Promise<void> | void {
    const { state } = this.life;
    switch (state.is) {
      case 'ended':
        return;
      case 'joining':
        if (state.early.length >= MAX_EARLY) return this.end('overloaded');
        return void state.early.push({ inbound, reply });
      case 'waiting':
      case 'joined':
        return this.handleSafely(inbound, reply);
    }
  }

  private handleSafely(inbound: Inbound<unknown>, reply: Reply): Promise<void> | void {
    try {
      const answer = this.handle(inbound, reply);
      return answer?.catch((thrown: unknown) => this.refuse(inbound.ref, thrown, reply));
    } catch (thrown) {
      this.refuse(inbound.ref, thrown, reply);
    }
  }

  /** @throws GatewayError what is wrong with it */
  private handle(inbound: Inbound<unknown>, reply: Reply): Promise<void> | void {
    const { ref } = inbound;
    switch (inbound.kind) {
      case 'invalid':
        if (inbound.joins) return void this.refuseJoin(ref, inbound.error, reply);
        throw inbound.error;
      case 'heartbeat':
        return void reply(this.codec.accept(ref, {}));
      case 'join':
        return this.join(ref, mergeJoinRequest(this.joinRequest, inbound.joinRequest), reply).catch(thrown =>
          this.refuseJoin(ref, thrown, reply),
        );
      default:
        return this.handleJoined(inbound, this.assertJoined(), reply);
    }
  }

  private handleJoined(
    inbound: Exclude<Inbound<unknown>, { kind: 'invalid' | 'join' }>,
    { hubSession, reader, notes }: Membership,
    reply: Reply,
  ): Promise<void> | void {
    const { ref } = inbound;
    if (inbound.kind === 'ack') return this.acknowledge(inbound, hubSession, reader, reply);
    if (inbound.kind === 'leave') return this.depart(ref, reply);
    this.parts.hub.sessions.touch(hubSession.session);
    reply(this.codec.accept(ref, this.parts.clientRequests.run(hubSession, inbound, notes.activity)));
  }

  /** Whoever wants to go may, however much was said before. */
  private depart(ref: unknown, reply: Reply): void {
    this.leave('left');
    reply(this.codec.accept(ref, {}));
    reply(this.codec.farewell());
  }

  private acknowledge(
    { sequence, epoch, id, ref }: Extract<Inbound<unknown>, { kind: 'ack' }>,
    { outbox }: HubSession,
    reader: Cursor,
    reply: Reply,
  ): Promise<void> | void {
    const answer = (): void => void reply(this.codec.accept(ref, {}));
    if (id !== undefined) return this.outboxes.acknowledgeOne(outbox!, reader, id).then(answer);
    this.outboxes.acknowledge(outbox!, reader, sequence!, epoch);
    answer();
  }

  /** @throws GatewayError `unmatched_topic` */
  private assertJoined(): Membership {
    const { membership } = this.life;
    if (!membership) throw new GatewayError('unmatched_topic');
    return membership;
  }

  private admit(admitted: Joined, joinRequest: JoinRequest, welcome: (response: object) => unknown): void {
    const { hubSession, pass, position, resumed, switchedFrom, takesOver } = admitted;
    const { hub } = this.parts;
    const { session } = hubSession;
    const outbox = hubSession.outbox!;
    const { reader, from, gap } = this.outboxes.attach(outbox, this, readerKindOf(joinRequest, position), position);
    const notes = new SubscriberJournal(this.parts.activity.of(session.clientKey), session.label, this.transport);
    this.life.admitted({ hubSession, reader, pass, notes });
    notes.entered(admitted, outbox.next - from, gap);
    if (position) this.parts.counters.replay(this.transport, outbox.next - from, gap !== undefined);
    hub.add(hubSession, this);
    if (takesOver) hubSession.takeOver(this);
    const { token: resumeToken, expiresAt } = hub.sessions.issueToken(session);
    hub.sessions.save(session);
    const { heartbeatInterval } = this.parts;
    const { endpoint } = this.pushRequest;
    const { transport } = this;
    welcome(welcomeOf(hubSession, { resumeToken, expiresAt, from, resumed, transport, heartbeatInterval, endpoint }));
    if (gap) this.gap(gap);
    if (joinRequest.debug) this.tell('debug', JSON.stringify(debugStateOf(hubSession, reader)));
    if (switchedFrom) hub.switched(hubSession, switchedFrom, this.transport);
    this.outboxes.start(outbox, reader);
  }

  /** @param how what its client's journal says */
  private leave(how: string): void {
    const { membership } = this.life;
    if (!membership) return;
    const { hubSession, reader, pass, notes } = membership;
    this.life.leave();
    pass.release();
    notes.left(how);
    this.outboxes.detach(hubSession.outbox!, reader);
    this.parts.hub.delete(hubSession, this);
  }

  private sayFarewell(): void {
    const farewell = this.codec.farewell();
    if (farewell !== '') this.pushConnection.write(farewell);
  }

  /** A native connection that is not let in has nothing else to say; a Phoenix socket may try again. */
  private refuseJoin(ref: unknown, thrown: unknown, reply: Reply): void {
    this.refuse(ref, thrown, reply);
    const final = this.pushRequest.protocol === 'native' || ++this.refusals >= MAX_REFUSED;
    if (!this.joined && final) this.end('refused');
  }

  private refuse(ref: unknown, thrown: unknown, reply: Reply): void {
    const error = toGatewayError(thrown);
    if (error.code === 'internal_error') this.parts.onFault(error.cause);
    this.parts.counters.failed(error.code, this.transport);
    this.life.membership?.notes.failed(error.code);
    reply(this.codec.refuse(ref, error));
  }
}
