import { Connection } from '../../kernel/ports/connection.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Unit } from '../../kernel/ports/unit.js';
import { Introduction } from './capabilities.js';
import { CHANGES, ListMethod } from './list-methods.js';
import { ClientProfile } from './client-profile.js';
import { Ask } from '../upstream/call.js';
import { UpstreamOwner } from '../upstream/upstream-owner.js';
import { UpstreamSession } from '../upstream/upstream-session.js';
import { UpstreamSessions } from '../upstream/upstream-sessions.js';
import { UnitCatalog, Source } from './unit-catalog.js';
import { SharedSubscriptions } from './shared-subscriptions.js';
import { ResponseObserver } from './response-observer.js';

/** A session that uses a shared upstream. */
export interface SharedUpstreamUser {
  /** Tells its calls from those of others. */
  readonly scope: string;
  /** By what its client is known to limits. */
  readonly client: string;
  /** What its unit lists has changed. */
  listChanged(method: ListMethod): void;
  /**
   * The unit said something on a link that several share.
   * @param to where it relates to
   * @param mine whether it relates to this session and no other
   */
  overhear(sharedUpstream: SharedUpstream, frame: JsonRpcMessage, to?: Connection, mine?: boolean): void;
}

/** Milliseconds after a unit could not be met in which nobody waits for it again. */
const REST = 10_000;

const CLIENT = { name: 'viable', version: '1' };

/**
 * One link to a unit for all sessions with the same profile: what the unit offers is asked here once, and where the
 * unit's leases are shared, calls go this way too.
 */
export class SharedUpstream implements UpstreamOwner, Source {
  readonly label: string;
  readonly affinity: string;
  readonly upstream: UpstreamSession;
  readonly catalog: UnitCatalog;
  readonly home: Connection = new Switchboard(this);
  private readonly users = new Map<string, SharedUpstreamUser>();
  /** Where sessions share the link: what they have asked of the unit. */
  readonly state = new SharedSubscriptions<SharedUpstreamUser>();
  /** What the unit said at `initialize`, the last time. */
  introduction: Introduction;
  private usedAt: number;
  private meeting: Promise<void> | undefined;
  /** Clock.elapsed() when the last attempt to meet the unit began or failed. */
  private metAt = -Infinity;

  constructor(
    readonly of: Unit,
    profile: ClientProfile,
    private readonly upstreams: UpstreamSessions,
    private readonly clock: Clock,
  ) {
    this.label = `${of.name}:*`;
    this.affinity = `${of.name} ${profile.key}`;
    this.usedAt = clock.now();
    this.upstream = upstreams.create(this, of);
    const { protocolVersion, capabilities } = profile;
    const params = { protocolVersion, capabilities, clientInfo: CLIENT };
    this.upstream.initialize = JsonRpcMessage.of({ id: 0, method: 'initialize', params });
    this.upstream.greeted = true;
    this.catalog = new UnitCatalog(this, clock, method => this.tell(method));
  }

  get unit(): string {
    return this.of.name;
  }

  readonly shared = true;
  readonly survives = true;

  /** The link may go and come again; nobody notices. */
  get renewable(): boolean {
    return true;
  }

  get wanted(): boolean {
    return this.users.size > 0;
  }

  get linked(): boolean {
    return this.upstream.link !== undefined;
  }

  join(user: SharedUpstreamUser): void {
    this.users.set(user.scope, user);
    this.touch();
  }

  leave(user: SharedUpstreamUser): void {
    this.users.delete(user.scope);
    this.touch();
    const uris = this.state.leave(user);
    for (const uri of uris) this.upstream.subscriptions.delete(uri);
    if (this.linked) for (const uri of uris) void this.ask('resources/unsubscribe', { uri });
  }

  /**
   * Subscriptions of those who share the link: the unit hears of the first and of the last one's end.
   * @param most resources that one may be subscribed to
   * @returns where the unit's answer goes, undefined if it need not be asked
   * @throws GatewayError `too_many_subscriptions`
   */
  share(
    user: SharedUpstreamUser,
    { method, params }: JsonRpcMessage,
    via: Connection,
    most: number,
  ): Connection | undefined {
    const { state, upstream } = this;
    const { uri } = params;
    if (typeof uri !== 'string') return via;
    if (method === 'resources/unsubscribe') return state.unsubscribe(user, uri) ? via : undefined;
    if (method !== 'resources/subscribe') return via;
    const mine = state.subscriptionsOf(user);
    if (mine.length >= most && !mine.includes(uri)) throw new GatewayError('too_many_subscriptions');
    // Both: the unit has granted it to somebody, and the link there is now has it.
    const granted = state.has(uri) && upstream.subscriptions.has(uri);
    if (!granted) return new ResponseObserver(via, answer => !answer.isError && state.subscribe(user, uri));
    state.subscribe(user, uri);
    return undefined;
  }

  /**
   * Sees to it that the unit introduces itself.
   * @param patience milliseconds that one attempt is worth waiting for, whoever waits
   * @returns what to wait for, if anything; it never rejects
   */
  meet(patience: number): Promise<void> | undefined {
    if (this.introduction) return undefined;
    const sofar = this.clock.elapsed() - this.metAt;
    if (!this.meeting && sofar < REST) return undefined;
    if (this.meeting) return sofar < patience ? this.meeting : undefined;
    this.metAt = this.clock.elapsed();
    const done = (): void => {
      this.meeting = undefined;
      this.metAt = this.clock.elapsed();
    };
    this.meeting = this.introduce().then(done, done);
    return this.meeting;
  }

  async introduce(): Promise<Introduction> {
    await this.upstreams.linked(this.upstream);
    return this.introduction;
  }

  ask(method: string, params: object): Promise<JsonRpcMessage> {
    this.touch();
    return this.upstreams.inquire(this.upstream, method, params);
  }

  /** While somebody listens for changes, its link is in use. */
  get lastActiveAt(): number {
    return this.wanted ? this.clock.now() : this.usedAt;
  }

  clientOf(scope: string): string {
    return this.users.get(scope)?.client ?? this.label;
  }

  touch(): void {
    this.usedAt = this.clock.now();
  }

  opened(answer: JsonRpcMessage): void {
    if (answer.isError) return;
    this.introduction = answer.result;
  }

  notified(_unit: Unit, frame: JsonRpcMessage, { to, scope }: Ask): void {
    const lists = CHANGES.get(frame.method);
    if (lists) return this.catalog.changed(lists);
    if (scope !== '') this.users.get(scope)?.overhear(this, frame, to === this.home ? undefined : to, true);
    else for (const user of this.users.values()) user.overhear(this, frame);
  }

  lost(): void {
    this.upstream.forgotten = false;
    if (this.wanted) this.catalog.changed();
  }

  reclaimed(): void {
    this.upstream.forgotten = false;
  }

  private tell(method: ListMethod): void {
    for (const user of this.users.values()) user.listChanged(method);
  }

  /** A question that is no one client's. */
  decline(question: JsonRpcMessage): void {
    queueMicrotask(() => this.upstreams.decline(this.upstream, question));
  }
}

/** Where a shared upstream's messages go that relate to no call. */
class Switchboard extends Connection {
  readonly transport = 'internal';
  readonly buffered = 0;

  constructor(private readonly sharedUpstream: SharedUpstream) {
    super();
  }

  get attached(): boolean {
    return this.sharedUpstream.wanted;
  }

  send(frame: JsonRpcMessage): void {
    if (frame.kind === 'request') this.sharedUpstream.decline(frame);
  }

  forget(): void {}

  close(): void {}
}
