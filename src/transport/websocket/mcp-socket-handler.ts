import { WebSocket } from 'ws';
import { Tally } from '../../telemetry/counters.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Intake, SessionHandle } from '../../kernel/ports/mcp-inbound.js';
import { Log } from '../../kernel/log.js';
import { KeepAlive } from '../http/heartbeat-timer.js';
import { PatientLine } from './read-throttle.js';
import { SocketConnection } from './mcp-socket.js';

/** What all MCP sockets of a door share. */
export interface McpLineHost {
  readonly intake: Intake;
  readonly tally: Tally;
  readonly log: Log;
}

/** A socket that speaks MCP: one JSON-RPC message a text frame, one session a socket. */
export class McpLine extends PatientLine<string> {
  constructor(
    private readonly host: McpLineHost,
    private readonly session: SessionHandle,
    private readonly connection: SocketConnection,
    private readonly wheel: KeepAlive,
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
      const frames = Frame.decode(text);
      if (frames.batch && !this.host.intake.takesBatches(session)) {
        throw new GatewayError('invalid_request', 'Batches are not part of this protocol version.');
      }
      for (const frame of frames) this.host.intake.receive(session, frame, connection);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.host.tally.failed(error.code, 'websocket');
      if (error.code === 'internal_error') this.host.log.error({ err: error.cause }, 'a frame failed');
      connection.send(Frame.error('', error));
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
