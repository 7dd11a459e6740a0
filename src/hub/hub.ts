import { Outboxes } from '../delivery/outboxes.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Counters } from '../telemetry/counters.js';
import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { PushSession } from '../session/push-session.js';
import { PushSessions, NewPushSession } from '../session/push-sessions.js';
import { HubSession, HubConnection } from './hub-session.js';

/** Connections closed at once when the gateway leaves, and the pause in ms after each: not all are to come back together. */
const STAGGER = { batch: 100, pause: 10 };

/** What becomes of a client's connections. */
export type Presence =
  | { event: 'connection_status'; status: 'online' | 'offline' }
  | { event: 'transport_switched'; from: TransportName; to: TransportName };

/** All channels of this node: opened, found, ended. */
export class Hub {
  private readonly live = new Map<PushSession, HubSession>();
  private readonly followers = new Set<(clientId: string, presence: Presence) => void>();
  private leaving = false;

  constructor(
    readonly sessions: PushSessions,
    readonly outboxes: Outboxes,
    private readonly bus: EventBus,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {}

  /** Told of every client's comings and goings. @returns a function that ends it */
  onPresence(follower: (clientId: string, presence: Presence) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  all(): IterableIterator<HubSession> {
    return this.live.values();
  }

  of(session: PushSession): HubSession {
    return this.live.get(session)!;
  }

  open(given: NewPushSession): HubSession {
    const session = this.sessions.open(given);
    const hubSession = new HubSession(session, this.outboxes.open(session.id));
    hubSession.ready.then(
      outbox => (hubSession.outbox = outbox),
      () => this.close(hubSession, 'overloaded'),
    );
    this.live.set(session, hubSession);
    for (const state of ['authenticating', 'selecting'] as const) session.advance(state);
    const { transport, principal } = session.record;
    this.counters.sessions.add(transport);
    this.bus.emit('session_opened', {
      session: session.label,
      client: session.clientKey,
      transport,
      principal,
      unit: '',
    });
    return hubSession;
  }

  add(hubSession: HubSession, hubConnection: HubConnection): void {
    const { session, hubConnections } = hubSession;
    hubConnections.add(hubConnection);
    this.sessions.touch(session);
    if (session.state === 'active') return;
    session.advance('active');
    this.announce(session, 'online');
  }

  delete(hubSession: HubSession, hubConnection: HubConnection): void {
    const { session, hubConnections } = hubSession;
    if (!hubConnections.delete(hubConnection) || hubConnections.size > 0 || hubSession.closed) return;
    session.advance('disconnected');
    this.sessions.touch(session);
    this.sessions.save(session);
    this.announce(session, 'offline');
  }

  close(hubSession: HubSession, reason: CloseReason): void {
    if (hubSession.closed) return;
    hubSession.closed = true;
    const { session } = hubSession;
    hubSession.endMembers(reason);
    this.live.delete(session);
    this.sessions.remove(session);
    hubSession.ready.then(
      outbox => this.outboxes.close(outbox),
      () => undefined,
    );
    const { transport, createdAt } = session.record;
    this.counters.sessions.add(transport, -1);
    const ageMs = this.clock.now() - createdAt;
    this.bus.emit('session_closed', { session: session.label, client: session.clientKey, transport, reason, ageMs });
  }

  /** Whoever it was opened for was not let in: nobody else knows of it, unless they are just coming. */
  abandon(hubSession: HubSession): void {
    if (hubSession.session.state === 'selecting' && hubSession.arriving === 0) this.close(hubSession, 'done');
  }

  /** Its client comes by this transport now. */
  comesBy({ session: { record } }: HubSession, transport: TransportName): void {
    this.counters.sessions.add(record.transport, -1);
    this.counters.sessions.add(transport);
    record.transport = transport;
  }

  /** Its client comes by another transport than before. */
  switched(hubSession: HubSession, from: TransportName, to: TransportName): void {
    hubSession.tell('transport_switched', { from, to });
    const { clientId, label: session } = hubSession.session;
    this.bus.emit('transport_switched', { client: clientId, session, from, to });
    this.tell(clientId, { event: 'transport_switched', from, to });
  }

  endIdle(idleMs?: number): number {
    const idle = this.sessions.idle(idleMs).map(session => this.of(session));
    const ending = idle.filter(({ arriving }) => arriving === 0);
    for (const hubSession of ending) this.close(hubSession, 'idle');
    return ending.length;
  }

  /** Makes room by ending the session longest without a connection that is owed nothing. */
  reclaim(): void {
    let oldest: HubSession | undefined;
    for (const hubSession of this.live.values()) {
      const { session, outbox, arriving } = hubSession;
      if (session.state !== 'disconnected' || arriving > 0) continue;
      if (!outbox || outbox.queued + outbox.inWindow > 0) continue;
      if (!oldest || session.record.lastActiveAt < oldest.session.record.lastActiveAt) oldest = hubSession;
    }
    if (oldest) this.close(oldest, 'reclaimed');
  }

  /** Says goodbye to everybody, a few at a time. Sessions stay until the process ends. */
  async leave(retry: number): Promise<void> {
    this.leaving = true;
    await this.outboxes.settled();
    let count = 0;
    for (const hubSession of this.live.values()) {
      hubSession.tell('shutdown', { retry });
      count += hubSession.hubConnections.size;
      hubSession.endMembers('draining');
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
  private announce(client: PushSession, status: 'online' | 'offline'): void {
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
