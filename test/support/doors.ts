import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Counters } from '../../src/telemetry/counters.js';
import { Budget } from '../../src/kernel/budget.js';
import { CloseReason } from '../../src/kernel/ports/close-reason.js';
import { Connection } from '../../src/kernel/ports/connection.js';
import { GatewayError } from '../../src/kernel/errors.js';
import { PushRequest, PushConnection, PushInbound, PushReceiver } from '../../src/kernel/ports/push-connection.js';
import { JsonRpcMessage } from '../../src/kernel/json-rpc/message.js';
import { HandshakePacing } from '../../src/kernel/ports/handshake-gate.js';
import { McpInbound, SessionHandle } from '../../src/kernel/ports/mcp-inbound.js';
import { Log } from '../../src/kernel/log.js';
import { Audience, PublishPort, Publication, PublishOptions } from '../../src/kernel/ports/publish.js';
import { Draft } from '../../src/kernel/ports/envelope.js';
import {
  Authenticator,
  Authorizer,
  Caller,
  Credentials,
  Limits,
  Pass,
  Principal,
} from '../../src/kernel/ports/access.js';
import { AffinityKey } from '../../src/transport/http/affinity-key.js';
import { ClientHttpServer } from '../../src/transport/http/http-server.js';
import { RequestAdmission } from '../../src/transport/http/admission.js';
import { ConnectionLimit } from '../../src/transport/http/connection-limit.js';
import { OriginGuard } from '../../src/transport/http/origin-guard.js';
import { LongpollEndpoint } from '../../src/transport/longpoll/longpoll-endpoint.js';
import { PublishEndpoint } from '../../src/transport/publish/publish-endpoint.js';
import { CallerResolver } from '../../src/transport/http/caller.js';
import { NativeSse } from '../../src/transport/sse/native-sse.js';
import { McpSse } from '../../src/transport/sse/mcp-sse.js';
import { FakeLevers } from './fake-levers.js';
import { SocketAdapter } from '../../src/transport/websocket/ws-adapter.js';
import { WebSocketHandler } from '../../src/transport/websocket/websocket-handler.js';

/** One joined or joining connection, as the inside sees it. */
export class RecordedTalk implements PushReceiver {
  joined = false;
  left = false;
  readonly frames: (string | Uint8Array)[] = [];

  constructor(
    readonly pushRequest: PushRequest,
    readonly pushConnection: PushConnection,
    private readonly inside: RecordingFeeds,
  ) {}

  receive(data: string | Uint8Array, reply?: (text: string) => void): void {
    this.frames.push(typeof data === 'string' ? data : new Uint8Array(data));
    this.inside.onReceive(this, data, reply ?? (text => this.pushConnection.write(text)));
  }

  holdFor(): number {
    return 0;
  }

  joinByArrival(): void {
    this.receive('joins by its arrival');
  }

  gone(): void {
    this.left = true;
  }
}

/** An inside that keeps what doors tell it, and does what the test says. */
export class RecordingFeeds extends PushInbound {
  readonly receivers: RecordedTalk[] = [];
  onReceive: (receiver: RecordedTalk, data: string | Uint8Array, reply: (text: string) => void) => void = () =>
    undefined;
  onJoin: (receiver: RecordedTalk) => void | Promise<void> = receiver =>
    receiver.pushConnection.write('event: connected\ndata: {}\n\n');

  connect(pushRequest: PushRequest, pushConnection: PushConnection): PushReceiver {
    const receiver = new RecordedTalk(pushRequest, pushConnection, this);
    this.receivers.push(receiver);
    return receiver;
  }

  async join(pushRequest: PushRequest, pushConnection: PushConnection): Promise<PushReceiver> {
    const receiver = this.connect(pushRequest, pushConnection) as RecordedTalk;
    await this.onJoin(receiver);
    receiver.joined = true;
    return receiver;
  }
}

export class RecordingOutbound extends PublishPort {
  readonly published: { audience: Audience; draft: Draft; options: PublishOptions }[] = [];
  answer: (draft: Draft) => Partial<Publication> | Promise<Partial<Publication>> = () => ({});

  async publish(audience: Audience, draft: Draft, options: PublishOptions = {}): Promise<Publication> {
    this.published.push({ audience, draft, options });
    const counts = { delivered: 1, queued: 0, refused: 0 };
    return { id: draft.id ?? 'made', results: [], counts, ...(await this.answer(draft)) };
  }
}

class EchoIntake extends McpInbound {
  opensSession({ method }: JsonRpcMessage): boolean {
    return method === 'initialize';
  }

  readonly sessions: SessionHandle[] = [];
  readonly closed: CloseReason[] = [];
  async open(caller: Caller, home: Connection): Promise<SessionHandle> {
    await this.opening();
    const { principal } = caller;
    const session = { id: 's1', principal, protocolVersion: '2025-11-25', mayLog: false, ended: false, home };
    this.sessions.push(session);
    return session;
  }
  opening: () => Promise<void> = () => Promise.resolve();
  find(): SessionHandle | undefined {
    return this.sessions[0];
  }
  receive(_session: SessionHandle, frame: JsonRpcMessage, via: Connection): void {
    if (frame.id) via.send(JsonRpcMessage.answer(frame.id, '{}'));
  }
  holdFor(): number {
    return 0;
  }
  takesBatches(): boolean {
    return true;
  }
  speaks(): boolean {
    return true;
  }
  close(_session: SessionHandle, reason: CloseReason): void {
    this.closed.push(reason);
  }
}

/** Tokens `good` and `other` are principals; without any everybody is anonymous. */
class Tokens extends Authenticator {
  async authenticate({ token }: Credentials): Promise<Principal> {
    await new Promise(resolve => setTimeout(resolve, 5));
    if (token === undefined) return { id: 'anonymous', anonymous: true };
    if (token === 'good' || token === 'other') return { id: token, anonymous: false };
    throw new GatewayError('unauthenticated');
  }
}

export class OpenLimits extends Limits {
  knocks = 0;
  published = 0;
  refusal: GatewayError | undefined;
  knock(): Promise<void> {
    this.knocks++;
    return this.refusal ? Promise.reject(this.refusal) : Promise.resolve();
  }
  enter(): Pass {
    return { release: () => undefined };
  }
  message(): void {}
  request(): void {}
  holdFor(): number {
    return 0;
  }
  join(): void {}
  publish({ messages }: { messages: number }): void {
    this.published += messages;
  }
}

class OpenGate extends HandshakePacing {
  enter(): undefined {}
}

class Publishers extends Authorizer {
  may(principal: Principal): boolean {
    return principal.id !== 'other';
  }
  grant(): { scopes: string[] } {
    return { scopes: [] };
  }
  reaches(): boolean {
    return true;
  }
}

class Silence extends Log {
  level = 'silent';
  readonly errors: unknown[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(fields: object): void {
    this.errors.push(fields);
  }
  child(): Log {
    return this;
  }
}

export interface DoorSettings {
  pingInterval: number;
  pongTimeout: number;
  handshakeTimeout: number;
  maxChannelFrame: number;
  maxFrameSize: number;
  maxBodySize: number;
  pollTimeout: number;
  heartbeatInterval: number;
  maxConnections: number;
}

const DEFAULTS: DoorSettings = {
  pingInterval: 30_000,
  pongTimeout: 10_000,
  handshakeTimeout: 10_000,
  maxChannelFrame: 65_536,
  maxFrameSize: 4_194_304,
  maxBodySize: 4_194_304,
  pollTimeout: 1_000,
  heartbeatInterval: 30_000,
  maxConnections: 100,
};

/** All client doors on ephemeral ports, around an inside that only records. */
export class Doors {
  readonly pushConnections = new RecordingFeeds();
  readonly outbound = new RecordingOutbound();
  readonly intake = new EchoIntake();
  readonly limits = new OpenLimits();
  readonly log = new Silence();
  readonly counters = new Counters();
  readonly budget = new Budget(256 * 1024 * 1024);
  readonly longpoll: LongpollEndpoint;
  private readonly websocket: WebSocketHandler;
  private readonly events: NativeSse;
  private readonly http: ClientHttpServer;
  private readonly sockets: SocketAdapter;

  private constructor(settings: DoorSettings) {
    const { counters, log, budget, pushConnections, limits } = this;
    const guard = new OriginGuard({ host: '127.0.0.1', allowedHosts: [], allowedOrigins: [], anonymous: true });
    const threshold = new RequestAdmission(
      guard,
      new CallerResolver(new Tokens(), [], new AffinityKey('session')),
      limits,
      new OpenGate(),
      new ConnectionLimit(new FakeLevers(), this.counters),
    );
    const listening = {
      host: '127.0.0.1',
      port: 0,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      ...settings,
      maxConnections: 1_000,
    };
    this.events = new NativeSse(pushConnections, counters, budget, settings);
    const sse = new McpSse(this.intake, this.events, counters, budget, { ...settings, keepAliveInterval: 15_000 });
    const policy = { authorizer: new Publishers(), limits, levers: new FakeLevers() };
    const publishing = new PublishEndpoint(this.outbound, policy, counters, log, budget, settings);
    this.http = new ClientHttpServer(listening, [...sse.routes, ...publishing.routes], threshold, counters, log);
    this.longpoll = new LongpollEndpoint(pushConnections, threshold, counters, log, budget, settings);
    this.websocket = new WebSocketHandler(
      { mcp: this.intake, push: pushConnections },
      threshold,
      counters,
      log,
      budget,
      settings,
    );
    this.sockets = new SocketAdapter({ ...listening, compression: true }, this.websocket, this.longpoll);
    // What Nest does with the gateway's path.
    const server = this.sockets.create(0, { path: '/mcp/ws' });
    server.on('connection', (socket, request) => this.websocket.accept(socket, request));
  }

  static async open(settings: Partial<DoorSettings> = {}): Promise<Doors> {
    const doors = new Doors({ ...DEFAULTS, ...settings });
    await doors.http.listener.listen();
    await doors.sockets.listener.listen();
    return doors;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.http.listener.port}`;
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.sockets.listener.port}/mcp/ws`;
  }

  get pollUrl(): string {
    return `http://127.0.0.1:${this.sockets.listener.port}/mcp/ws/longpoll`;
  }

  async close(): Promise<void> {
    this.websocket.stop();
    this.events.stop();
    this.longpoll.stop();
    await Promise.all([this.http.listener.close(), this.sockets.listener.close()]);
  }
}

/** A client that keeps what it was sent. */
export class SocketClient {
  readonly received: (string | Buffer)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) =>
      this.received.push(isBinary ? (data as Buffer) : (data as Buffer).toString()),
    );
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  }

  static async open(url: string, protocols: string[] = [], options = {}): Promise<SocketClient> {
    const client = new SocketClient(new WebSocket(url, protocols, options));
    await once(client.socket, 'open');
    return client;
  }
}

/** @throws Error after a minute */
export async function until<T>(look: () => T | undefined | false, what = look.toString()): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const found = look();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error(`timed out: ${what}`);
}
