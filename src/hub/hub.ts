import { Outboxes } from '../delivery/outboxes.js';
import { Bus } from '../telemetry/event-bus.js';
import { Tally } from '../telemetry/counters.js';
import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { ChannelSession } from '../session/push-session.js';
import { ChannelSessions, NewChannel } from '../session/push-sessions.js';
import { Channel, Member } from './hub-session.js';

/** Connections closed at once when the gateway leaves, and the pause in ms after each: not all are to come back together. */
const STAGGER = { batch: 100, pause: 10 };

/** What becomes of a client's connections. */
export type Presence =
  | { event: 'connection_status'; status: 'online' | 'offline' }
  | { event: 'transport_switched'; from: TransportName; to: TransportName };

/** All channels of this node: opened, found, ended. */
export class Channels {
  private readonly live = new Map<ChannelSession, Channel>();
  private readonly followers = new Set<(clientId: string, presence: Presence) => void>();
  private leaving = false;

  constructor(
    readonly sessions: ChannelSessions,
    readonly outboxes: Outboxes,
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
  ) {}

  /** Told of every client's comings and goings. @returns a function that ends it */
  onPresence(follower: (clientId: string, presence: Presence) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  all(): IterableIterator<Channel> {
    return this.live.values();
  }

  of(session: ChannelSession): Channel {
    return this.live.get(session)!;
  }

  open(given: NewChannel): Channel {
    const session = this.sessions.open(given);
    const channel = new Channel(session, this.outboxes.open(session.id));
    channel.ready.then(
      outbox => (channel.outbox = outbox),
      () => this.close(channel, 'overloaded'),
    );
    this.live.set(session, channel);
    for (const state of ['authenticating', 'selecting'] as const) session.advance(state);
    const { transport, principal } = session.record;
    this.tally.sessions.add(transport);
    this.bus.emit('session_opened', {
      session: session.label,
      client: session.clientKey,
      transport,
      principal,
      unit: '',
    });
    return channel;
  }

  add(channel: Channel, member: Member): void {
    const { session, members } = channel;
    members.add(member);
    this.sessions.touch(session);
    if (session.state === 'active') return;
    session.advance('active');
    this.announce(session, 'online');
  }

  delete(channel: Channel, member: Member): void {
    const { session, members } = channel;
    if (!members.delete(member) || members.size > 0 || channel.closed) return;
    session.advance('disconnected');
    this.sessions.touch(session);
    this.sessions.save(session);
    this.announce(session, 'offline');
  }

  close(channel: Channel, reason: CloseReason): void {
    if (channel.closed) return;
    channel.closed = true;
    const { session } = channel;
    channel.endMembers(reason);
    this.live.delete(session);
    this.sessions.remove(session);
    channel.ready.then(
      outbox => this.outboxes.close(outbox),
      () => undefined,
    );
    const { transport, createdAt } = session.record;
    this.tally.sessions.add(transport, -1);
    const ageMs = this.clock.now() - createdAt;
    this.bus.emit('session_closed', { session: session.label, client: session.clientKey, transport, reason, ageMs });
  }

  /** Whoever it was opened for was not let in: nobody else knows of it, unless they are just coming. */
  abandon(channel: Channel): void {
    if (channel.session.state === 'selecting' && channel.arriving === 0) this.close(channel, 'done');
  }

  /** Its client comes by this transport now. */
  comesBy({ session: { record } }: Channel, transport: TransportName): void {
    this.tally.sessions.add(record.transport, -1);
    this.tally.sessions.add(transport);
    record.transport = transport;
  }

  /** Its client comes by another transport than before. */
  switched(channel: Channel, from: TransportName, to: TransportName): void {
    channel.tell('transport_switched', { from, to });
    const { clientId, label: session } = channel.session;
    this.bus.emit('transport_switched', { client: clientId, session, from, to });
    this.tell(clientId, { event: 'transport_switched', from, to });
  }

  endIdle(idleMs?: number): number {
    const idle = this.sessions.idle(idleMs).map(session => this.of(session));
    const ending = idle.filter(({ arriving }) => arriving === 0);
    for (const channel of ending) this.close(channel, 'idle');
    return ending.length;
  }

  /** Makes room by ending the session longest without a connection that is owed nothing. */
  reclaim(): void {
    let oldest: Channel | undefined;
    for (const channel of this.live.values()) {
      const { session, outbox, arriving } = channel;
      if (session.state !== 'disconnected' || arriving > 0) continue;
      if (!outbox || outbox.queued + outbox.inWindow > 0) continue;
      if (!oldest || session.record.lastActiveAt < oldest.session.record.lastActiveAt) oldest = channel;
    }
    if (oldest) this.close(oldest, 'reclaimed');
  }

  /** Says goodbye to everybody, a few at a time. Sessions stay until the process ends. */
  async leave(retry: number): Promise<void> {
    this.leaving = true;
    await this.outboxes.settled();
    let count = 0;
    for (const channel of this.live.values()) {
      channel.tell('shutdown', { retry });
      count += channel.members.size;
      channel.endMembers('draining');
      if (count >= STAGGER.batch) {
        count = 0;
        await new Promise(resolve => setTimeout(resolve, STAGGER.pause));
      }
    }
    this.outboxes.stop();
  }

  /**
   * Tells those who may know that a client has come or gone; one that has another session is there all the time. That all go
   * because the gateway does is no news.
   */
  private announce(client: ChannelSession, status: 'online' | 'offline'): void {
    const { clientId, record, label } = client;
    for (const other of this.sessions.byClient(clientId)) if (other !== client && other.state === 'active') return;
    this.bus.emit('client_presence', { client: clientId, session: label, transport: record.transport, status });
    this.tell(clientId, { event: 'connection_status', status });
    if (this.leaving) return;
    for (const session of this.sessions.byScope('presence')) {
      if (session.clientId !== clientId) this.of(session).tell('presence', { client_id: clientId, status });
    }
  }

  private tell(clientId: string, presence: Presence): void {
    for (const follower of this.followers) follower(clientId, presence);
  }
}
