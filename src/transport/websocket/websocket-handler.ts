import { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { PushInbound } from '../../kernel/ports/push-connection.js';
import { McpInbound } from '../../kernel/ports/mcp-inbound.js';
import { Log } from '../../kernel/log.js';
import { RequestAdmission } from '../http/admission.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { paramsOf, UnverifiedRequest } from '../http/caller.js';
import { PushLimits, PushSocketHandler } from './push-socket-handler.js';
import { protocolOfRequest } from './subprotocol.js';
import { SocketHandlers } from './socket-handler.js';
import { McpSocketHandler, McpSocketHost } from './mcp-socket-handler.js';
import { McpSocket } from './mcp-socket.js';
import { Heartbeat, PushSocket } from './push-socket.js';
import { Decision, Peer, ProtocolDetection } from './protocol-detection.js';

export interface WebSocketSettings extends Heartbeat, PushLimits {}

/** Whom an upgrade request was let in as. */
type Admitted = (
  | { socketProtocol: 'mcp'; socketHandler: McpSocketHandler }
  | { socketProtocol: 'phoenix' | undefined; visitor: UnverifiedRequest }
) & {
  /** Gives its place up, or to itself. */
  seated: () => void;
};

/** Milliseconds between looks at connections that have not said yet what they speak. */
const DECISION_TICK = 50;

/** All that comes over `/mcp/ws`: MCP, native frames and Phoenix channels. */
export class WebSocketHandler implements McpSocketHost, Decision {
  private readonly keepAlive = new HeartbeatTimer(1_000);
  private readonly undecided = new HeartbeatTimer(DECISION_TICK);
  private readonly admitted = new WeakMap<IncomingMessage, Admitted>();
  private readonly switchboard: SocketHandlers;

  constructor(
    private readonly inbound: { mcp: McpInbound; push: PushInbound },
    private readonly threshold: RequestAdmission,
    readonly counters: Counters,
    readonly log: Log,
    private readonly budget: Budget,
    private readonly settings: WebSocketSettings,
  ) {
    this.switchboard = new SocketHandlers(
      thrown => this.refused(toGatewayError(thrown)),
      () => this.counters.connections.add('websocket', -1),
    );
  }

  get intake(): McpInbound {
    return this.inbound.mcp;
  }

  get limits(): PushLimits {
    return this.settings;
  }

  stop(): void {
    this.keepAlive.stop();
    this.undecided.stop();
  }

  /**
   * Before the upgrade, so that a refusal is an HTTP status (RFC 6455 §4.2.2) wherever it is known what will be spoken.
   * @returns what the request says that will be spoken; undefined where the first frame is to decide
   * @throws GatewayError
   */
  async admit(request: IncomingMessage, url: URL, raw: Duplex): Promise<'mcp' | 'phoenix' | undefined> {
    this.threshold.guard.check(request);
    const visitor = this.threshold.callers.identify(request, 'websocket', url);
    await this.threshold.limits.knock(visitor.caller.address);
    const socketProtocol = protocolOfRequest(request, url);
    const seated = this.threshold.connectionLimit.take('websocket');
    try {
      await this.threshold.gate.enter(() => !raw.destroyed);
      if (socketProtocol === 'mcp')
        this.admitted.set(request, { socketProtocol, seated, socketHandler: await this.open(raw, visitor) });
      else this.admitted.set(request, { socketProtocol, seated, visitor });
    } catch (thrown) {
      seated();
      throw thrown;
    }
    return socketProtocol;
  }

  /** The upgrade came to nothing: the client left in the middle of it. */
  abandon(request: IncomingMessage): void {
    const admitted = this.admitted.get(request);
    this.admitted.delete(request);
    admitted?.seated();
    if (admitted?.socketProtocol === 'mcp') admitted.socketHandler.gone();
  }

  accept(socket: WebSocket, request: IncomingMessage): void {
    const admitted = this.admitted.get(request);
    this.admitted.delete(request);
    if (!admitted) return socket.terminate();
    admitted.seated();
    this.counters.connections.add('websocket');
    if (admitted.socketProtocol === 'mcp') return this.take(socket, admitted.socketHandler);
    const peer: Peer = { socket, raw: request.socket, visitor: admitted.visitor, since: Date.now() };
    const socketHandler = new ProtocolDetection(peer, this);
    this.switchboard.connect(socket, socketHandler);
    if (admitted.socketProtocol === undefined) return this.undecided.add(socketHandler);
    try {
      this.channel(peer, admitted.socketProtocol);
    } catch (thrown) {
      this.refused(toGatewayError(thrown));
      socket.terminate();
    }
  }

  channel({ socket, raw, visitor, since }: Peer, protocol: 'native' | 'phoenix'): PushSocketHandler {
    const { url, token, caller } = visitor;
    const pushConnection = new PushSocket(socket, raw, this.settings, this.budget);
    const receiver = this.inbound.push.connect(
      { protocol, address: caller.address, params: paramsOf(url), token },
      pushConnection,
    );
    const socketHandler = new PushSocketHandler(
      protocol,
      receiver,
      pushConnection,
      this.settings,
      since,
      this.keepAlive,
    );
    this.switchboard.connect(socket, socketHandler);
    return socketHandler;
  }

  async mcp({ socket, raw, visitor }: Peer): Promise<McpSocketHandler> {
    await this.threshold.gate.enter(() => socket.readyState === WebSocket.OPEN, true);
    const socketHandler = await this.open(raw, visitor);
    if (socket.readyState !== WebSocket.CLOSED) this.take(socket, socketHandler);
    return socketHandler;
  }

  decided(socketHandler: ProtocolDetection): void {
    this.undecided.delete(socketHandler);
  }

  refused(error: GatewayError): void {
    this.counters.failed(error.code, 'websocket');
    if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a connection failed');
  }

  private async open(raw: Duplex, visitor: UnverifiedRequest): Promise<McpSocketHandler> {
    const { caller } = await this.threshold.callers.admit(visitor);
    const onSent = (): void => this.counters.messagesOut.add('websocket');
    const connection = new McpSocket(this.settings, onSent, raw, this.budget);
    return new McpSocketHandler(this, await this.intake.open(caller, connection), connection, this.keepAlive);
  }

  private take(socket: WebSocket, socketHandler: McpSocketHandler): void {
    this.switchboard.connect(socket, socketHandler);
    socketHandler.attach(socket);
  }
}
