import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { GatewayError } from '../kernel/errors.js';
import { shortId } from '../kernel/ids.js';
import { Log } from '../kernel/log.js';
import { Principal } from '../kernel/ports/access.js';
import { PushRecord, PushSession } from './push-session.js';
import { checkResumeToken, readResumeToken } from './resume-token.js';
import { SessionIndex } from './session-index.js';
import { SessionStore } from './session-store.js';

/** What a new session is made of. */
export interface NewPushSession extends Pick<PushRecord, 'clientId' | 'address' | 'isDefault'> {
  principal: Principal;
  transport: TransportName;
}

export interface PushSessionTimes {
  /** Milliseconds without a connection after which a session ends. */
  idleTimeout: number;
  /** Milliseconds a resume token is good for. */
  resumeTtl: number;
}

/** Topics of one session. */
const MAX_TOPICS = 64;

/** The native and Phoenix sessions of this node, found by what they are asked for. */
export class PushSessions {
  /** Told when topics or scopes of a session change, or it ends. */
  onInterest: () => void = () => undefined;
  private readonly live = new Map<string, PushSession>();
  private readonly clients = new SessionIndex<PushSession>();
  private readonly topics = new SessionIndex<PushSession>();
  private readonly scopes = new SessionIndex<PushSession>();

  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly times: PushSessionTimes,
  ) {}

  get size(): number {
    return this.live.size;
  }

  all(): IterableIterator<PushSession> {
    return this.live.values();
  }

  byClient(clientId: string): ReadonlySet<PushSession> {
    return this.clients.get(clientId);
  }

  byTopic(topic: string): ReadonlySet<PushSession> {
    return this.topics.get(topic);
  }

  /** Those that hold this scope by its name, or all scopes. */
  byScope(scope: string): ReadonlySet<PushSession> {
    return new Set([...this.scopes.get(scope), ...this.scopes.get('*')]);
  }

  /**
   * The session that a client joins by its name.
   * @throws GatewayError `forbidden`: the name is another principal's, who would otherwise have its messages overheard
   */
  defaultOf(principal: Principal, clientId: string): PushSession | undefined {
    let found: PushSession | undefined;
    for (const session of this.clients.get(clientId)) {
      if (session.principal.id !== principal.id)
        throw new GatewayError('forbidden', 'This client_id is in use by somebody else.');
      if (session.record.channel.isDefault) found = session;
    }
    return found;
  }

  /** @throws GatewayError `invalid_resume_token`, `resume_token_expired` */
  byResumeToken(principal: Principal, token: string): PushSession {
    const claim = readResumeToken(token);
    const session = this.live.get(claim.session);
    if (session?.principal.id !== principal.id) throw new GatewayError('invalid_resume_token');
    session.keepToken(checkResumeToken(claim, session.record.channel.resume, this.clock.now()));
    return session;
  }

  open({ principal, transport, ...given }: NewPushSession): PushSession {
    const now = this.clock.now();
    const channel: PushRecord = {
      ...given,
      state: 'connecting',
      scopes: [],
      topics: [],
      resume: [],
      preference: 'auto',
    };
    const record = { id: shortId(), principal: principal.id, transport, createdAt: now, lastActiveAt: now, channel };
    const session = new PushSession(record, principal);
    this.live.set(session.id, session);
    this.clients.add(session.clientId, session);
    return session;
  }

  /** @returns the token and when it expires, in ms since the epoch */
  issueToken(session: PushSession): { token: string; expiresAt: number } {
    const expiresAt = this.clock.now() + this.times.resumeTtl;
    return { token: session.issueToken(expiresAt), expiresAt };
  }

  /** @throws GatewayError `invalid_message`: too many */
  subscribe(session: PushSession, topics: readonly string[]): void {
    const { channel } = session.record;
    const all = [...new Set([...channel.topics, ...topics])];
    if (all.length > MAX_TOPICS) throw new GatewayError('invalid_message', `More than ${MAX_TOPICS} topics.`);
    channel.topics = all;
    for (const topic of topics) this.topics.add(topic, session);
    this.onInterest();
  }

  unsubscribe(session: PushSession, topics: readonly string[]): void {
    const { channel } = session.record;
    channel.topics = channel.topics.filter(topic => !topics.includes(topic));
    for (const topic of topics) this.topics.delete(topic, session);
    this.onInterest();
  }

  /** What its client is known as from now on. */
  describe(session: PushSession, role: string | undefined, scopes: readonly string[]): void {
    const { channel } = session.record;
    for (const scope of channel.scopes) this.scopes.delete(scope, session);
    for (const scope of scopes) this.scopes.add(scope, session);
    Object.assign(channel, { role, scopes });
    this.onInterest();
  }

  touch(session: PushSession): void {
    session.record.lastActiveAt = this.clock.now();
  }

  /** Tells the store what has changed. */
  save(session: PushSession): void {
    this.store
      .put({ ...session.record, unit: '' })
      .catch((err: unknown) => this.log.error({ err }, 'session store: put failed'));
  }

  remove(session: PushSession): void {
    session.advance('closed');
    this.live.delete(session.id);
    this.clients.delete(session.clientId, session);
    const { topics, scopes } = session.record.channel;
    for (const topic of topics) this.topics.delete(topic, session);
    for (const scope of scopes) this.scopes.delete(scope, session);
    this.onInterest();
    this.store.delete(session.id).catch((err: unknown) => this.log.error({ err }, 'session store: delete failed'));
  }

  /** Forgets resume tokens that are good no more. @returns how many */
  forgetExpired(): number {
    const now = this.clock.now();
    let count = 0;
    for (const { record } of this.live.values()) {
      const good = record.channel.resume.filter(({ expiresAt }) => expiresAt > now);
      count += record.channel.resume.length - good.length;
      record.channel.resume = good;
    }
    return count;
  }

  /** Those without a connection for longer than the idle time. */
  idle(forMs = this.times.idleTimeout): PushSession[] {
    const before = this.clock.now() - forMs;
    return [...this.live.values()].filter(
      session => session.state === 'disconnected' && session.record.lastActiveAt < before,
    );
  }
}
