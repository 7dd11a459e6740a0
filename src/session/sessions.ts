import { Clock } from '../kernel/clock.js';
import { Connection } from '../kernel/ports/connection.js';
import { secretId } from '../kernel/ids.js';
import { Log } from '../kernel/log.js';
import { Caller, Principal } from '../kernel/ports/access.js';
import { Session, SessionRecord } from './session.js';
import { SessionStore } from './session-store.js';

/** The sessions that live on this node. The store is told of each change and never asked while a message passes. */
export class Sessions {
  private readonly live = new Map<string, Session>();

  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Milliseconds without a message after which a session counts as idle. */
    readonly idleTimeout: number,
  ) {}

  get size(): number {
    return this.live.size;
  }

  open(caller: Caller, unit: string, home: Connection): Session {
    const now = this.clock.now();
    const { principal, transport } = caller;
    const record = { id: secretId(), principal: principal.id, transport, unit, createdAt: now, lastActiveAt: now };
    const session = new Session(record, principal, home);
    this.live.set(session.id, session);
    this.save(record);
    return session;
  }

  find(id: string, principal: Principal): Session | undefined {
    const session = this.live.get(id);
    return session?.principal.id === principal.id ? session : undefined;
  }

  touch(session: Session): void {
    session.record.lastActiveAt = this.clock.now();
  }

  /** Notes what was agreed at `initialize`. */
  activate(session: Session, agreed: Pick<SessionRecord, 'protocolVersion' | 'logging'>): void {
    Object.assign(session.record, agreed);
    this.save(session.record);
  }

  remove(session: Session): void {
    session.ended = true;
    this.live.delete(session.id);
    this.store.delete(session.id).catch((err: unknown) => this.log.error({ err }, 'session store: delete failed'));
  }

  /** @param forMs milliseconds without a message */
  *idle(forMs = this.idleTimeout): Generator<Session> {
    const before = this.clock.now() - forMs;
    for (const session of this.live.values()) if (session.record.lastActiveAt < before) yield session;
  }

  all(): IterableIterator<Session> {
    return this.live.values();
  }

  private save(record: SessionRecord): void {
    this.store.put(record).catch((err: unknown) => this.log.error({ err }, 'session store: put failed'));
  }
}
