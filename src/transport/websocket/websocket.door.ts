import { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { RawData, WebSocket } from 'ws';
import { Tally } from '../../events/tally.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Intake, SessionHandle } from '../../kernel/intake.js';
import { Log } from '../../kernel/log.js';
import { HttpGuard } from '../http-guard.js';
import { KeepAlive } from '../keep-alive.js';
import { Reception } from '../reception.js';
import { SocketConnection } from './socket-connection.js';

export interface WebSocketSettings {
  /** Milliseconds. */
  pingInterval: number;
  pongTimeout: number;
}

interface Arrival {
  session: SessionHandle;
  connection: SocketConnection;
}

/** MCP over WebSocket: subprotocol `mcp`, one JSON-RPC message a text frame, one session a socket. */
export class WebSocketDoor {
  private readonly keepAlive = new KeepAlive(1_000);
  private readonly arrivals = new WeakMap<IncomingMessage, Arrival>();

  constructor(
    private readonly intake: Intake,
    private readonly guard: HttpGuard,
    private readonly reception: Reception,
    private readonly tally: Tally,
    private readonly log: Log,
    private readonly budget: Budget,
    private readonly settings: WebSocketSettings,
  ) {}

  stop(): void {
    this.keepAlive.stop();
  }

  /**
   * Before the upgrade, so that a refusal is an HTTP status (RFC 6455 §4.2.2).
   * @throws GatewayError
   */
  async admit(request: IncomingMessage, url: URL, raw: Duplex): Promise<void> {
    this.guard.check(request);
    const { caller } = await this.reception.greet(request, 'websocket', url);
    const connection = new SocketConnection(
      this.settings,
      () => this.tally.messagesOut.add('websocket'),
      raw,
      this.budget,
    );
    const session = await this.intake.open(caller, connection);
    this.arrivals.set(request, { session, connection });
  }

  /** The upgrade came to nothing: the client left in the middle of it. */
  abandon(request: IncomingMessage): void {
    const arrival = this.arrivals.get(request);
    if (arrival) this.intake.close(arrival.session, 'done');
  }

  accept(socket: WebSocket, request: IncomingMessage): void {
    const { session, connection } = this.arrivals.get(request)!;
    this.arrivals.delete(request);
    connection.attach(socket);
    this.keepAlive.add(connection);
    this.tally.connections.add('websocket');
    socket.on('message', (data, isBinary) => this.receive(session, connection, data, isBinary));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.keepAlive.delete(connection);
      this.tally.connections.add('websocket', -1);
      this.intake.close(session, 'done');
    });
  }

  private receive(session: SessionHandle, connection: SocketConnection, data: RawData, isBinary: boolean): void {
    if (!connection.attached) return;
    if (isBinary) return connection.close('unsupported_data');
    try {
      const frames = Frame.decode((data as Buffer).toString('utf8'));
      if (frames.batch && !this.intake.takesBatches(session)) {
        throw new GatewayError('invalid_request', 'Batches are not part of this protocol version.');
      }
      for (const frame of frames) this.intake.receive(session, frame, connection);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.tally.errors.add(error.code);
      if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a frame failed');
      connection.send(Frame.error('', error));
    }
  }
}
