import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Unit } from '../../kernel/ports/unit.js';
import { instructionsOf, unionOf } from './capabilities.js';
import { CHANGES, isListMethod, ListMethod } from './list-methods.js';
import { asObject, Profile, profileOf } from './client-profile.js';
import { isLogLevel, isSevereEnough } from '../eras/legacy/log-level.js';
import { Session } from '../../session/session.js';
import { Desk, DeskParts } from '../mcp-session.js';
import { Ask, Relay, RelayOwner } from '../upstream/upstream-session.js';
import { Directory, Owner } from './aggregate-catalog.js';
import { Line, LineUser } from './shared-upstream.js';
import { Lines } from './shared-upstreams.js';
import { Tap } from './response-observer.js';
import { TaskOwners } from './task-registry.js';

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
  relay: Relay;
  scope: string;
}

export interface FederatedParts extends DeskParts {
  lines: Lines;
  server: { name: string; version: string };
  /** Resources a session may be subscribed to at a unit. */
  subscriptions: number;
}

/** A session with several units, or with one whose leases are shared: one MCP server to the client. */
export class FederatedDesk extends Desk implements RelayOwner, LineUser {
  private readonly own = new Map<string, Relay>();
  private readonly tasks = new TaskOwners();
  private directory: Directory | undefined;
  private joined: readonly Line[] = [];
  private initialize: Frame | undefined;
  private level: Frame | undefined;
  /** Requests that wait for what units have to say first, by id. */
  private readonly seeking = new Map<string, { frame: Frame; via: Connection }>();

  constructor(
    private readonly session: Session,
    private readonly units: readonly Unit[],
    private readonly parts: FederatedParts,
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
    for (const relay of this.own.values()) if (relay.awaited) return true;
    return this.sharedRelays().some(relay => relay.awaitedBy(this.scope));
  }

  get pending(): number {
    return this.seeking.size;
  }

  touch(): void {
    this.parts.sessions.touch(this.session);
  }

  receive(frame: Frame, via: Connection): void {
    if (frame.kind === 'response') return this.answer(frame, via);
    if (frame.kind === 'notification') return this.notify(frame, via);
    if (frame.method === 'ping') return via.send(Frame.result(frame.id, {}));
    try {
      this.request(frame, via);
    } catch (thrown) {
      this.parts.dispatch.refuse(frame, via, toGatewayError(thrown));
    }
  }

  end(error: GatewayError): void {
    for (const { frame, via } of this.seeking.values()) this.parts.dispatch.refuse(frame, via, error);
    this.seeking.clear();
    for (const relay of this.own.values()) this.parts.relays.end(relay, error);
    for (const relay of this.sharedRelays()) this.parts.relays.leave(relay, this.scope, error);
    for (const line of this.joined) line.leave(this);
    this.own.clear();
  }

  opened(): void {}

  notified(relay: Relay, frame: Frame, { to }: Ask): void {
    const lists = CHANGES.get(frame.method);
    if (lists) this.directory?.line(relay.unit.name)?.catalogue.changed(lists);
    else to.send(frame);
  }

  /** One unit's trouble is told where it is met; the others go on. */
  lost(): void {}

  reclaimed(): void {}

  listChanged(method: ListMethod): void {
    if (this.directory) this.home.send(Frame.of({ method: CHANGED[method] }));
  }

  overhear({ state }: Line, frame: Frame, to: Connection = this.home, mine = false): void {
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

  private request(frame: Frame, via: Connection): void {
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
  private afterwards<T>(frame: Frame, via: Connection, work: T | Promise<T>, then: (result: T) => void): void {
    if (!(work instanceof Promise)) return then(work);
    if (this.seeking.size >= MAX_SEEKING) throw new GatewayError('too_many_calls');
    this.seeking.set(frame.id, { frame, via });
    const go = async (): Promise<void> => {
      try {
        const result = await work;
        if (this.seeking.delete(frame.id)) then(result);
      } catch (thrown) {
        this.seeking.delete(frame.id);
        this.parts.dispatch.refuse(frame, via, toGatewayError(thrown));
      }
    };
    void go();
  }

  /** @throws GatewayError `unknown_name`, `resource_not_found`, `unknown_method` */
  private pass(directory: Directory, frame: Frame, via: Connection, owner: Owner | undefined): void {
    // A unit alone answers for what it does not list, too.
    const { unit, name, where } = owner ?? (directory.single ? { unit: this.units[0]! } : unknown(frame.method));
    const outgoing = where ? frame.rewrite({ [where]: JSON.stringify(name) }) : frame;
    const line = directory.line(unit.name)!;
    const { relay, scope } = this.target(line);
    const answered = unit.lease === 'shared' ? line.share(this, frame, via, this.parts.subscriptions) : via;
    if (!answered) return via.send(Frame.result(frame.id, {}));
    const task = frame.params.task !== undefined;
    const noted = task ? new Tap(via, ({ result }) => this.tasks.note(asObject(result.task).taskId, unit)) : answered;
    this.parts.relays.forward(relay, outgoing, noted, scope);
  }

  private open(frame: Frame, via: Connection): void {
    if (this.initialize) throw new GatewayError('invalid_request', 'The session is already initialized.');
    this.initialize = frame;
    const profile = profileOf(frame);
    const directory = this.parts.lines.directory(this.units, profile);
    for (const line of directory.lines) line.join(this);
    this.joined = directory.lines;
    this.afterwards(frame, via, directory.meet(), () => this.welcome(frame, via, profile, directory));
  }

  private welcome(frame: Frame, via: Connection, profile: Profile, directory: Directory): void {
    const { lines } = directory;
    const capabilities = unionOf(lines.map(line => line.introduction));
    const instructions = instructionsOf(lines.map(({ unit, introduction }) => ({ unit, introduction })));
    const { protocolVersion } = profile;
    this.directory = directory;
    this.touch();
    this.parts.sessions.activate(this.session, { protocolVersion, logging: capabilities.logging !== undefined });
    const alone = directory.single ? lines[0]!.introduction : undefined;
    const own = { serverInfo: this.parts.server, ...(instructions && { instructions }) };
    via.send(Frame.result(frame.id, { ...(alone ?? own), protocolVersion, capabilities }));
  }

  /** Units that have a link are told now, the others when they get one. */
  private setLevel(frame: Frame, via: Connection): void {
    const { level } = frame.params;
    if (!isLogLevel(level)) throw new GatewayError('unknown_name', 'There is no such log level.');
    this.level = frame;
    for (const relay of this.own.values()) this.tell(relay, frame);
    for (const line of this.directory!.lines.filter(one => one.of.lease === 'shared')) {
      const least = line.state.setLevel(this, level);
      if (least) this.tell(line.relay, Frame.of({ id: 0, method: frame.method, params: { level: least } }));
    }
    via.send(Frame.result(frame.id, {}));
  }

  private tell(relay: Relay, level: Frame): void {
    relay.level = level;
    if (relay.lease) void this.parts.relays.inquire(relay, level.method, level.params);
  }

  /** The unit that a request is for, and what it calls the thing; a promise where units must be asked first. */
  private ownerOf(directory: Directory, frame: Frame): Owner | undefined | Promise<Owner | undefined> {
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

  private answer(frame: Frame, via: Connection): void {
    for (const relay of this.own.values()) {
      if (relay.asker(frame.id).asks.get(frame.id)) this.parts.relays.forward(relay, frame, via);
    }
    for (const relay of this.sharedRelays()) this.parts.relays.forward(relay, frame, via, this.scope);
  }

  private notify(frame: Frame, via: Connection): void {
    if (frame.method === 'notifications/initialized') return;
    const id = frame.method === 'notifications/cancelled' ? frame.read('requestId') : undefined;
    const sought = id === undefined ? undefined : this.seeking.get(id);
    if (sought) {
      this.seeking.delete(sought.frame.id);
      return sought.via.forget(sought.frame.id);
    }
    for (const relay of this.own.values()) this.parts.relays.forward(relay, frame, via);
    // What a shared line is told must be about this session's own calls and questions.
    if (!/^notifications\/(cancelled|progress)$/.test(frame.method)) return;
    for (const relay of this.sharedRelays()) this.parts.relays.forward(relay, frame, via, this.scope);
  }

  private target({ of: unit, relay: shared }: Line): Target {
    if (unit.lease === 'shared') return { relay: shared, scope: this.scope };
    let relay = this.own.get(unit.name);
    if (!relay) {
      relay = this.parts.relays.create(this, unit);
      relay.initialize = this.initialize;
      relay.greeted = true;
      relay.level = this.level;
      this.own.set(unit.name, relay);
    }
    return { relay, scope: '' };
  }

  private sharedRelays(): Relay[] {
    return (this.directory?.lines ?? []).filter(line => line.of.lease === 'shared').map(line => line.relay);
  }

  private underWay(id: string): boolean {
    if (this.seeking.has(id)) return true;
    for (const relay of this.own.values()) if (relay.has(id, '')) return true;
    return this.sharedRelays().some(relay => relay.has(id, this.scope));
  }
}

/** What no unit is known for, as the error that MCP has for it. */
function unknown(method: string): never {
  if (method.startsWith('resources/')) throw new GatewayError('resource_not_found');
  const named = /^(tools\/call|prompts\/get|completion\/complete)$/.test(method);
  throw new GatewayError(named ? 'unknown_name' : 'unknown_method');
}
