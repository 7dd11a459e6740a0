import { Outbox } from '../delivery/outbox.js';
import { Outboxes } from '../delivery/outboxes.js';
import { Gap, Position, ReaderKind } from '../delivery/position.js';
import { Cursor, Sink } from '../delivery/cursor.js';
import { ClientActivities } from '../telemetry/client-activity.js';
import { Counters } from '../telemetry/counters.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { TransportName } from '../kernel/ports/connection.js';
import { Entry } from '../kernel/ports/envelope.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { PushRequest, PushConnection, PushReceiver } from '../kernel/ports/push-connection.js';
import { Pass } from '../kernel/ports/access.js';
import { Codec, JoinRequest, Inbound } from './protocols/codec.js';
import { mergeJoinRequest } from './protocols/join-request.js';
import { HubSession, HubConnection } from './hub-session.js';
import { Hub } from './hub.js';
import { SubscriberJournal } from './subscriber-journal.js';
import { ClientRequests } from './client-requests.js';
import { Joined, Join } from './join.js';
import { TransportSteering } from './transport-steering.js';

export interface SubscriberParts {
  hub: Hub;
  joins: Join;
  clientRequests: ClientRequests;
  transportSteering: TransportSteering;
  counters: Counters;
  activity: ClientActivities;
  /** Milliseconds. */
  heartbeatInterval: number;
  onFault: (err: unknown) => void;
}

/** Takes an answer; an empty one is none. */
type Reply = (text: string) => unknown;

/** Frames that may wait while a client is being let in. */
const MAX_EARLY = 64;
/** Joins that are refused on one connection before it is closed: each has credentials looked at, and may be a guess. */
const MAX_REFUSED = 10;

/** One connection: it listens to its client, and gives it what its session's outbox owes. */
export class Subscriber implements PushReceiver, HubConnection, Sink {
  private hubSession: HubSession | undefined;
  private reader: Cursor | undefined;
  private pass: Pass | undefined;
  /** Of the client whose session this has joined. */
  private notes: SubscriberJournal | undefined;
  /** What came while the client was being let in; undefined while it is not. */
  private early: { inbound: Inbound<unknown>; reply: Reply }[] | undefined;
  private ended = false;
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
    pushConnection.onDrain = () => this.hubSession && this.outboxes.wake(this.hubSession.outbox!);
  }

  get joined(): boolean {
    return this.reader !== undefined;
  }

  get attached(): boolean {
    return !this.ended && this.pushConnection.attached;
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
    this.notes?.received(inbound.kind, data.length);
    return this.take(inbound, text => text === '' || reply(text));
  }

  holdFor(): number {
    return this.notes ? this.parts.clientRequests.holdFor(this.notes.activity) : 0;
  }

  gone(abnormal = false): void {
    const { hubSession } = this;
    if (hubSession) this.parts.transportSteering.note(hubSession.session, this.transport, abnormal);
    this.leave(abnormal ? 'broken' : 'closed');
    this.ended = true;
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
    this.notes?.sent(entry, text.length);
    return text.length;
  }

  gap(gap: Gap): void {
    this.tell('gap', JSON.stringify(gap));
  }

  tell(type: string, payload: string): void {
    if (this.attached) this.pushConnection.write(this.codec.status(type, payload));
  }

  end(reason: CloseReason): void {
    if (this.ended) return;
    this.leave(reason);
    const farewell = this.codec.farewell();
    if (farewell !== '') this.pushConnection.write(farewell);
    this.ended = true;
    this.pushConnection.close(reason);
  }

  /** @throws GatewayError why it may not */
  async join(ref: unknown, joinRequest: JoinRequest, reply: Reply): Promise<void> {
    if (this.early || (this.joined && !this.mayRejoin)) throw new GatewayError('already_joined');
    // As in Phoenix itself, a join ends the one before: its client takes nothing more of that one, whatever comes of this.
    if (this.joined) {
      this.leave('joined anew');
      const farewell = this.codec.farewell();
      if (farewell !== '') this.pushConnection.write(farewell);
    }
    this.early = [];
    try {
      await this.parts.joins.enter(this, this.pushRequest, joinRequest, admitted =>
        this.admit(admitted, joinRequest, response => reply(this.codec.welcome(ref, response))),
      );
    } finally {
      const { early } = this;
      this.early = undefined;
      for (const { inbound, reply: answer } of early ?? []) void this.take(inbound, answer);
    }
  }

  /** A socket may join again in Phoenix; in native, whose hello was still on its way when it counted as silent. */
  private get mayRejoin(): boolean {
    return this.pushRequest.protocol === 'phoenix' || this.implied;
  }

  private get outboxes(): Outboxes {
    return this.parts.hub.outboxes;
  }

  private take(inbound: Inbound<unknown>, reply: Reply): Promise<void> | void {
    if (this.ended) return;
    if (this.early) {
      if (this.early.length >= MAX_EARLY) return this.end('overloaded');
      return void this.early.push({ inbound, reply });
    }
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
        return this.handleJoined(inbound, this.membership(), reply);
    }
  }

  private handleJoined(
    inbound: Exclude<Inbound<unknown>, { kind: 'invalid' | 'join' }>,
    { hubSession, reader }: { hubSession: HubSession; reader: Cursor },
    reply: Reply,
  ): Promise<void> | void {
    const { ref } = inbound;
    if (inbound.kind === 'ack') return this.acknowledge(inbound, hubSession, reader, reply);
    if (inbound.kind === 'leave') return this.depart(ref, reply);
    this.parts.hub.sessions.touch(hubSession.session);
    reply(this.codec.accept(ref, this.parts.clientRequests.run(hubSession, inbound, this.notes!.activity)));
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

  private membership(): { hubSession: HubSession; reader: Cursor } {
    const { hubSession, reader } = this;
    if (!hubSession || !reader) throw new GatewayError('unmatched_topic');
    return { hubSession, reader };
  }

  private admit(admitted: Joined, joinRequest: JoinRequest, welcome: (response: object) => void): void {
    const { hubSession, pass, position, resumed, switchedFrom, takesOver } = admitted;
    const { hub } = this.parts;
    const { session } = hubSession;
    const outbox = hubSession.outbox!;
    this.pass = pass;
    this.hubSession = hubSession;
    const { reader, from, gap } = this.outboxes.attach(outbox, this, this.kindOf(joinRequest, position), position);
    this.reader = reader;
    this.notes = new SubscriberJournal(this.parts.activity.of(session.clientKey), session.label, this.transport);
    this.notes.entered(admitted, outbox.next - from, gap);
    if (position) this.parts.counters.replay(this.transport, outbox.next - from, gap !== undefined);
    hub.add(hubSession, this);
    if (takesOver) hubSession.takeOver(this);
    const { token, expiresAt } = hub.sessions.issueToken(session);
    hub.sessions.save(session);
    welcome({
      client_id: session.clientId,
      session_id: session.id,
      resume_token: token,
      expires_at: expiresAt,
      epoch: outbox.epoch,
      next: from,
      resumed,
      transport: this.transport,
      heartbeat_interval: this.parts.heartbeatInterval,
      ...(this.pushRequest.endpoint === undefined ? {} : { endpoint: this.pushRequest.endpoint }),
    });
    if (gap) this.gap(gap);
    if (joinRequest.debug) this.debug(outbox, reader);
    if (switchedFrom) hub.switched(hubSession, switchedFrom, this.transport);
    this.outboxes.start(outbox, reader);
  }

  /** For people who look at the stream itself. */
  private debug({ queued, inWindow, confirmed }: Outbox, { kind, cursor }: Cursor): void {
    const { size: connections } = this.hubSession!.hubConnections;
    const state = { event: 'attached', kind, cursor, confirmed, queued, in_window: inWindow, connections };
    this.tell('debug', JSON.stringify(state));
  }

  /** Who comes back to an event stream without a position says as little as somebody who never has one. */
  private kindOf({ acks }: JoinRequest, position: Position | undefined): ReaderKind {
    if (acks) return 'acking';
    return position ? 'positional' : 'silent';
  }

  /** @param how what its client's journal says */
  private leave(how: string): void {
    const { hubSession, reader, pass } = this;
    pass?.release();
    if (!hubSession || !reader) return;
    this.hubSession = this.reader = this.pass = undefined;
    this.notes!.left(how);
    this.notes = undefined;
    this.outboxes.detach(hubSession.outbox!, reader);
    this.parts.hub.delete(hubSession, this);
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
    this.notes?.failed(error.code);
    reply(this.codec.refuse(ref, error));
  }
}
