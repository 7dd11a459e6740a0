import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Unit } from '../../kernel/ports/unit.js';
import { instructionsOf, unionOf } from './capabilities.js';
import { CHANGES, isListMethod, ListMethod } from './list-methods.js';
import { asObject, ClientProfile, profileOf } from './client-profile.js';
import { isLogLevel, isSevereEnough } from '../eras/legacy/log-level.js';
import { Session } from '../../session/session.js';
import { McpSession, McpSessionParts } from '../mcp-session.js';
import { Ask } from '../upstream/call.js';
import { UpstreamOwner } from '../upstream/upstream-owner.js';
import { UpstreamSession } from '../upstream/upstream-session.js';
import { AggregateCatalog, Owner } from './aggregate-catalog.js';
import { SharedUpstream, SharedUpstreamUser } from './shared-upstream.js';
import { SharedUpstreams } from './shared-upstreams.js';
import { ResponseObserver } from './response-observer.js';
import { TaskRegistry } from './task-registry.js';

/** Requests of a session that wait for lists. */
const MAX_SEEKING = 256;

const CHANGED: Record<ListMethod, string> = {
  'tools/list': 'notifications/tools/list_changed',
  'prompts/list': 'notifications/prompts/list_changed',
  'resources/list': 'notifications/resources/list_changed',
  'resources/templates/list': 'notifications/resources/list_changed',
};

/** Who is to have a message, and under which scope its calls go. */
interface Target {
  upstream: UpstreamSession;
  scope: string;
}

export interface FederatedSessionParts extends McpSessionParts {
  sharedUpstreams: SharedUpstreams;
  server: { name: string; version: string };
  /** Resources a session may be subscribed to at a unit. */
  subscriptions: number;
}

/** A session with several units, or with one whose leases are shared: one MCP server to the client. */
export class FederatedSession extends McpSession implements UpstreamOwner, SharedUpstreamUser {
  private readonly own = new Map<string, UpstreamSession>();
  private readonly tasks = new TaskRegistry();
  private directory: AggregateCatalog | undefined;
  private joined: readonly SharedUpstream[] = [];
  private initialize: JsonRpcMessage | undefined;
  private level: JsonRpcMessage | undefined;
  /** Requests that wait for what units have to say first, by id. */
  private readonly seeking = new Map<string, { frame: JsonRpcMessage; via: Connection }>();

  constructor(
    private readonly session: Session,
    private readonly units: readonly Unit[],
    private readonly parts: FederatedSessionParts,
    readonly affinity: string,
  ) {
    super();
  }

  get label(): string {
    return this.session.label;
  }

  get scope(): string {
    return this.session.id;
  }

  get client(): string {
    return this.session.client;
  }

  get home(): Connection {
    return this.session.home;
  }

  get lastActiveAt(): number {
    return this.session.record.lastActiveAt;
  }

  clientOf(): string {
    return this.client;
  }

  readonly shared = false;
  readonly survives = true;
  readonly renewable = false;

  get awaited(): boolean {
    for (const { via } of this.seeking.values()) if (via.attached) return true;
    for (const upstream of this.own.values()) if (upstream.awaited) return true;
    return this.sharedRelays().some(upstream => upstream.awaitedBy(this.scope));
  }

  get pending(): number {
    return this.seeking.size;
  }

  touch(): void {
    this.parts.sessions.touch(this.session);
  }

  receive(frame: JsonRpcMessage, via: Connection): void {
    if (frame.kind === 'response') return this.answer(frame, via);
    if (frame.kind === 'notification') return this.notify(frame, via);
    if (frame.method === 'ping') return via.send(JsonRpcMessage.result(frame.id, {}));
    try {
      this.request(frame, via);
    } catch (thrown) {
      this.parts.dispatcher.refuse(frame, via, toGatewayError(thrown));
    }
  }

  end(error: GatewayError): void {
    for (const { frame, via } of this.seeking.values()) this.parts.dispatcher.refuse(frame, via, error);
    this.seeking.clear();
    for (const upstream of this.own.values()) this.parts.upstreams.end(upstream, error);
    for (const upstream of this.sharedRelays()) this.parts.upstreams.leave(upstream, this.scope, error);
    for (const sharedUpstream of this.joined) sharedUpstream.leave(this);
    this.own.clear();
  }

  opened(): void {}

  notified({ name }: Unit, frame: JsonRpcMessage, { to }: Ask): void {
    const lists = CHANGES.get(frame.method);
    if (lists) this.directory?.sharedUpstream(name)?.catalog.changed(lists);
    else to.send(frame);
  }

  /** One unit's trouble is told where it is met; the others go on. */
  lost(): void {}

  reclaimed(): void {}

  listChanged(method: ListMethod): void {
    if (this.directory) this.home.send(JsonRpcMessage.of({ method: CHANGED[method] }));
  }

  overhear({ state }: SharedUpstream, frame: JsonRpcMessage, to: Connection = this.home, mine = false): void {
    const { method, params } = frame;
    const forMe =
      (method === 'notifications/resources/updated' && state.isSubscribed(this, String(params.uri))) ||
      (method === 'notifications/tasks/status' && this.tasks.has(params.taskId)) ||
      (method === 'notifications/message' && mine && this.hears(params.level)) ||
      (method === 'notifications/progress' && mine);
    if (forMe) to.send(frame);
  }

  private hears(level: unknown): boolean {
    return this.level !== undefined && isSevereEnough(level, String(this.level.params.level));
  }

  private request(frame: JsonRpcMessage, via: Connection): void {
    if (frame.method === 'initialize') return this.open(frame, via);
    const { directory } = this;
    if (!directory) throw new GatewayError('not_initialized');
    if (this.underWay(frame.id)) throw new GatewayError('duplicate_id');
    const { method } = frame;
    if (isListMethod(method)) {
      return this.afterwards(frame, via, directory.prepare(method), () => via.send(directory.page(frame, method)));
    }
    if (method === 'logging/setLevel') return this.setLevel(frame, via);
    frame.assertUnambiguous();
    const owner = this.ownerOf(directory, frame);
    this.afterwards(frame, via, owner, found => this.pass(directory, frame, via, found));
  }

  /** Goes on when `work` is done: at once where there is nothing to wait for. */
  private afterwards<T>(frame: JsonRpcMessage, via: Connection, work: T | Promise<T>, then: (result: T) => void): void {
    if (!(work instanceof Promise)) return then(work);
    if (this.seeking.size >= MAX_SEEKING) throw new GatewayError('too_many_calls');
    this.seeking.set(frame.id, { frame, via });
    const go = async (): Promise<void> => {
      try {
        const result = await work;
        if (this.seeking.delete(frame.id)) then(result);
      } catch (thrown) {
        this.seeking.delete(frame.id);
        this.parts.dispatcher.refuse(frame, via, toGatewayError(thrown));
      }
    };
    void go();
  }

  /** @throws GatewayError `unknown_name`, `resource_not_found`, `unknown_method` */
  private pass(directory: AggregateCatalog, frame: JsonRpcMessage, via: Connection, owner: Owner | undefined): void {
    // A unit alone answers for what it does not list, too.
    const { unit, name, where } = owner ?? (directory.single ? { unit: this.units[0]! } : unknown(frame.method));
    const outgoing = where ? frame.rewrite({ [where]: JSON.stringify(name) }) : frame;
    const sharedUpstream = directory.sharedUpstream(unit.name)!;
    const { upstream, scope } = this.target(sharedUpstream);
    const answered = unit.lease === 'shared' ? sharedUpstream.share(this, frame, via, this.parts.subscriptions) : via;
    if (!answered) return via.send(JsonRpcMessage.result(frame.id, {}));
    const task = frame.params.task !== undefined;
    const noted = task
      ? new ResponseObserver(via, ({ result }) => this.tasks.note(asObject(result.task).taskId, unit))
      : answered;
    this.parts.upstreams.forward(upstream, outgoing, noted, scope);
  }

  private open(frame: JsonRpcMessage, via: Connection): void {
    if (this.initialize) throw new GatewayError('invalid_request', 'The session is already initialized.');
    this.initialize = frame;
    const profile = profileOf(frame);
    const directory = this.parts.sharedUpstreams.directory(this.units, profile);
    for (const sharedUpstream of directory.sharedUpstreams) sharedUpstream.join(this);
    this.joined = directory.sharedUpstreams;
    this.afterwards(frame, via, directory.meet(), () => this.welcome(frame, via, profile, directory));
  }

  private welcome(frame: JsonRpcMessage, via: Connection, profile: ClientProfile, directory: AggregateCatalog): void {
    const { sharedUpstreams } = directory;
    const capabilities = unionOf(sharedUpstreams.map(({ introduction }) => introduction));
    const instructions = instructionsOf(sharedUpstreams.map(({ unit, introduction }) => ({ unit, introduction })));
    const { protocolVersion } = profile;
    this.directory = directory;
    this.touch();
    this.parts.sessions.activate(this.session, { protocolVersion, logging: capabilities.logging !== undefined });
    const alone = directory.single ? sharedUpstreams[0]!.introduction : undefined;
    const own = { serverInfo: this.parts.server, ...(instructions && { instructions }) };
    via.send(JsonRpcMessage.result(frame.id, { ...(alone ?? own), protocolVersion, capabilities }));
  }

  /** Units that have a link are told now, the others when they get one. */
  private setLevel(frame: JsonRpcMessage, via: Connection): void {
    const { level } = frame.params;
    if (!isLogLevel(level)) throw new GatewayError('unknown_name', 'There is no such log level.');
    this.level = frame;
    for (const upstream of this.own.values()) this.tell(upstream, frame);
    for (const sharedUpstream of this.directory!.sharedUpstreams.filter(one => one.of.lease === 'shared')) {
      const least = sharedUpstream.state.setLevel(this, level);
      if (least)
        this.tell(
          sharedUpstream.upstream,
          JsonRpcMessage.of({ id: 0, method: frame.method, params: { level: least } }),
        );
    }
    via.send(JsonRpcMessage.result(frame.id, {}));
  }

  private tell(upstream: UpstreamSession, level: JsonRpcMessage): void {
    upstream.level = level;
    if (upstream.link) void this.parts.upstreams.inquire(upstream, level.method, level.params);
  }

  /** The unit that a request is for, and what it calls the thing; a promise where units must be asked first. */
  private ownerOf(directory: AggregateCatalog, frame: JsonRpcMessage): Owner | undefined | Promise<Owner | undefined> {
    const { method, params } = frame;
    if (method === 'tools/call') return directory.named('tools/list', params.name, 'name');
    if (method === 'prompts/get') return directory.named('prompts/list', params.name, 'name');
    if (method.startsWith('resources/')) return directory.resource(params.uri);
    if (method.startsWith('tasks/')) return { unit: this.tasks.of(params.taskId) };
    if (method !== 'completion/complete') return undefined;
    const ref = asObject(params.ref);
    if (ref.type === 'ref/prompt') return directory.named('prompts/list', ref.name, 'refName');
    return directory.resource(ref.uri);
  }

  private answer(frame: JsonRpcMessage, via: Connection): void {
    for (const upstream of this.own.values()) {
      if (upstream.linkOfAsk(frame.id)?.asks.get(frame.id)) this.parts.upstreams.forward(upstream, frame, via);
    }
    for (const upstream of this.sharedRelays()) this.parts.upstreams.forward(upstream, frame, via, this.scope);
  }

  private notify(frame: JsonRpcMessage, via: Connection): void {
    if (frame.method === 'notifications/initialized') return;
    const id = frame.method === 'notifications/cancelled' ? frame.read('requestId') : undefined;
    const sought = id === undefined ? undefined : this.seeking.get(id);
    if (sought) {
      this.seeking.delete(sought.frame.id);
      return sought.via.forget(sought.frame.id);
    }
    for (const upstream of this.own.values()) this.parts.upstreams.forward(upstream, frame, via);
    // What a shared upstream is told must be about this session's own calls and questions.
    if (!/^notifications\/(cancelled|progress)$/.test(frame.method)) return;
    for (const upstream of this.sharedRelays()) this.parts.upstreams.forward(upstream, frame, via, this.scope);
  }

  private target({ of: unit, upstream: shared }: SharedUpstream): Target {
    if (unit.lease === 'shared') return { upstream: shared, scope: this.scope };
    let upstream = this.own.get(unit.name);
    if (!upstream) {
      upstream = this.parts.upstreams.create(this, unit);
      upstream.initialize = this.initialize;
      upstream.greeted = true;
      upstream.level = this.level;
      this.own.set(unit.name, upstream);
    }
    return { upstream, scope: '' };
  }

  private sharedRelays(): UpstreamSession[] {
    const all = this.directory?.sharedUpstreams ?? [];
    return all.filter(({ of }) => of.lease === 'shared').map(({ upstream }) => upstream);
  }

  private underWay(id: string): boolean {
    if (this.seeking.has(id)) return true;
    for (const upstream of this.own.values()) if (upstream.has(id, '')) return true;
    return this.sharedRelays().some(upstream => upstream.has(id, this.scope));
  }
}

/** What no unit is known for, as the error that MCP has for it. */
function unknown(method: string): never {
  if (method.startsWith('resources/')) throw new GatewayError('resource_not_found');
  const named = /^(tools\/call|prompts\/get|completion\/complete)$/.test(method);
  throw new GatewayError(named ? 'unknown_name' : 'unknown_method');
}
