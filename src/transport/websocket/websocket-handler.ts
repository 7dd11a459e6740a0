import { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { Tally } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { FeedIntake } from '../../kernel/ports/push-connection.js';
import { Intake } from '../../kernel/ports/mcp-inbound.js';
import { Log } from '../../kernel/log.js';
import { Threshold } from '../http/admission.js';
import { KeepAlive } from '../http/heartbeat-timer.js';
import { paramsOf, Visitor } from '../http/caller.js';
import { ChannelLimits, ChannelLine } from './push-socket-handler.js';
import { dialectOfRequest } from './subprotocol.js';
import { Switchboard } from './socket-handler.js';
import { McpLine, McpLineHost } from './mcp-socket-handler.js';
import { SocketConnection } from './mcp-socket.js';
import { Heartbeat, SocketFeed } from './push-socket.js';
import { Decision, Peer, Undecided } from './protocol-detection.js';

export interface WebSocketSettings extends Heartbeat, ChannelLimits {}

/** Whom an upgrade request was let in as. */
type Admitted = ({ dialect: 'mcp'; line: McpLine } | { dialect: 'phoenix' | undefined; visitor: Visitor }) & {
  /** Gives its place up, or to itself. */
  seated: () => void;
};

/** Milliseconds between looks at connections that have not said yet what they speak. */
const DECISION_TICK = 50;

/** All that comes over `/mcp/ws`: MCP, native frames and Phoenix channels. */
export class WebSocketDoor implements McpLineHost, Decision {
  private readonly keepAlive = new KeepAlive(1_000);
  private readonly undecided = new KeepAlive(DECISION_TICK);
  private readonly admitted = new WeakMap<IncomingMessage, Admitted>();
  private readonly switchboard: Switchboard;

  constructor(
    readonly intake: Intake,
    private readonly feeds: FeedIntake,
    private readonly threshold: Threshold,
    readonly tally: Tally,
    readonly log: Log,
    private readonly budget: Budget,
    private readonly settings: WebSocketSettings,
  ) {
    this.switchboard = new Switchboard(
      thrown => this.refused(toGatewayError(thrown)),
      () => this.tally.connections.add('websocket', -1),
    );
  }

  get limits(): ChannelLimits {
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
    const visitor = this.threshold.reception.identify(request, 'websocket', url);
    await this.threshold.limits.knock(visitor.caller.address);
    const dialect = dialectOfRequest(request, url);
    const seated = this.threshold.seats.take('websocket');
    try {
      await this.threshold.gate.enter(() => !raw.destroyed);
      if (dialect === 'mcp') this.admitted.set(request, { dialect, seated, line: await this.open(raw, visitor) });
      else this.admitted.set(request, { dialect, seated, visitor });
    } catch (thrown) {
      seated();
      throw thrown;
    }
    return dialect;
  }

  /** The upgrade came to nothing: the client left in the middle of it. */
  abandon(request: IncomingMessage): void {
    const admitted = this.admitted.get(request);
    this.admitted.delete(request);
    admitted?.seated();
    if (admitted?.dialect === 'mcp') admitted.line.gone();
  }

  accept(socket: WebSocket, request: IncomingMessage): void {
    const admitted = this.admitted.get(request);
    this.admitted.delete(request);
    if (!admitted) return socket.terminate();
    admitted.seated();
    this.tally.connections.add('websocket');
    if (admitted.dialect === 'mcp') return this.take(socket, admitted.line);
    const peer: Peer = { socket, raw: request.socket, visitor: admitted.visitor, since: Date.now() };
    const line = new Undecided(peer, this);
    this.switchboard.connect(socket, line);
    if (admitted.dialect === undefined) return this.undecided.add(line);
    try {
      this.channel(peer, admitted.dialect);
    } catch (thrown) {
      this.refused(toGatewayError(thrown));
      socket.terminate();
    }
  }

  channel({ socket, raw, visitor, since }: Peer, protocol: 'native' | 'phoenix'): ChannelLine {
    const { url, token, caller } = visitor;
    const feed = new SocketFeed(socket, raw, this.settings, this.budget);
    const talk = this.feeds.connect({ protocol, address: caller.address, params: paramsOf(url), token }, feed);
    const line = new ChannelLine(protocol, talk, feed, this.settings, since, this.keepAlive);
    this.switchboard.connect(socket, line);
    return line;
  }

  async mcp({ socket, raw, visitor }: Peer): Promise<McpLine> {
    await this.threshold.gate.enter(() => socket.readyState === WebSocket.OPEN, true);
    const line = await this.open(raw, visitor);
    if (socket.readyState !== WebSocket.CLOSED) this.take(socket, line);
    return line;
  }

  decided(line: Undecided): void {
    this.undecided.delete(line);
  }

  refused(error: GatewayError): void {
    this.tally.failed(error.code, 'websocket');
    if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a connection failed');
  }

  private async open(raw: Duplex, visitor: Visitor): Promise<McpLine> {
    const { caller } = await this.threshold.reception.admit(visitor);
    const onSent = (): void => this.tally.messagesOut.add('websocket');
    const connection = new SocketConnection(this.settings, onSent, raw, this.budget);
    return new McpLine(this, await this.intake.open(caller, connection), connection, this.keepAlive);
  }

  private take(socket: WebSocket, line: McpLine): void {
    this.switchboard.connect(socket, line);
    line.attach(socket);
  }
}
