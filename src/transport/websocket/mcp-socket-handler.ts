import { WebSocket } from 'ws';
import { Counters } from '../../telemetry/counters.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { McpInbound, SessionHandle } from '../../kernel/ports/mcp-inbound.js';
import { Log } from '../../kernel/log.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { ReadThrottle } from './read-throttle.js';
import { McpSocket } from './mcp-socket.js';

/** What all MCP sockets of a door share. */
export interface McpSocketHost {
  readonly intake: McpInbound;
  readonly counters: Counters;
  readonly log: Log;
}

/** A socket that speaks MCP: one JSON-RPC message a text frame, one session a socket. */
export class McpSocketHandler extends ReadThrottle<string> {
  constructor(
    private readonly host: McpSocketHost,
    private readonly session: SessionHandle,
    private readonly connection: McpSocket,
    private readonly wheel: HeartbeatTimer,
  ) {
    super();
  }

  attach(socket: WebSocket): void {
    this.connection.attach(socket);
    this.wheel.add(this.connection);
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) return this.connection.close('unsupported_data');
    this.come(data.toString('utf8'));
  }

  protected take(text: string): void {
    const { session, connection } = this;
    try {
      const frames = JsonRpcMessage.decode(text);
      if (frames.batch && !this.host.intake.takesBatches(session)) {
        throw new GatewayError('invalid_request', 'Batches are not part of this protocol version.');
      }
      for (const frame of frames) this.host.intake.receive(session, frame, connection);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.host.counters.failed(error.code, 'websocket');
      if (error.code === 'internal_error') this.host.log.error({ err: error.cause }, 'a frame failed');
      connection.send(JsonRpcMessage.error('', error));
    }
  }

  override pong(): void {
    this.connection.pong();
  }

  override gone(abnormal = false): void {
    this.wheel.delete(this.connection);
    this.connection.end();
    super.gone(abnormal);
  }

  protected holdFor(): number {
    return this.host.intake.holdFor(this.session);
  }

  protected pause(): void {
    this.connection.pause();
  }

  protected resume(): void {
    this.connection.resume();
  }

  protected excuse(): void {
    this.connection.pong();
  }

  protected over(): void {
    this.host.intake.close(this.session, 'done');
  }
}
