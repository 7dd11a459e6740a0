import { WsAdapter } from '@nestjs/platform-ws';
import { IncomingMessage, STATUS_CODES } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { requestUrl } from '../reception.js';
import { Listener, ListenerSettings } from '../listener.js';
import { replyError } from '../http-reply.js';
import { WebSocketDoor } from './websocket.door.js';

export interface SocketAdapterSettings extends ListenerSettings {
  /** Bytes of one frame. */
  maxFrameSize: number;
  compression: boolean;
}

/**
 * Nest's adapter over a listener of our own: the stock one listens on every interface, and subscribes to each socket's
 * messages whether or not anybody handles them.
 */
export class SocketAdapter extends WsAdapter {
  readonly listener: Listener;
  private readonly paths = new Map<string, WebSocketServer>();

  constructor(
    private readonly settings: SocketAdapterSettings,
    private readonly door: WebSocketDoor,
  ) {
    super();
    this.listener = new Listener(settings, (request, response) => {
      const known = this.paths.has(requestUrl(request)?.pathname ?? '');
      const hint = known ? 'This path takes WebSocket upgrades only.' : undefined;
      replyError(response, new GatewayError(known ? 'method_not_allowed' : 'not_found', hint));
    });
    this.listener.server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
  }

  override create(_port: number, options: Record<string, unknown> = {}): WebSocketServer {
    const { maxFrameSize, compression } = this.settings;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameSize,
      perMessageDeflate: compression && {
        threshold: 1024,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      },
      handleProtocols: offered => (offered.has('mcp') ? 'mcp' : false),
    });
    this.paths.set(options.path as string, server);
    return server;
  }

  /** No message handlers of Nest's: the door reads the socket itself. */
  override bindMessageHandlers(): void {}

  override async close(server: WebSocketServer): Promise<void> {
    server.close();
    await this.listener.close();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    try {
      const url = requestUrl(request);
      const server = this.paths.get(url?.pathname ?? '');
      if (!url || !server) throw new GatewayError('not_found');
      await this.door.admit(request, url, socket);
      if (socket.destroyed) return this.door.abandon(request);
      const abandon = (): void => this.door.abandon(request);
      socket.once('close', abandon);
      server.handleUpgrade(request, socket, head, client => {
        socket.off('error', onError);
        socket.off('close', abandon);
        server.emit('connection', client, request);
      });
    } catch (thrown) {
      refuse(socket, toGatewayError(thrown));
    }
  }
}

/** Milliseconds a client has to take a refusal. */
const REFUSAL = 1_000;

function refuse(socket: Duplex, error: GatewayError): void {
  const body = JSON.stringify(error.body);
  const head = [
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(error.retryAfter === null ? [] : [`Retry-After: ${Math.ceil(error.retryAfter / 1000)}`]),
    ...(error.httpStatus === 401 ? ['WWW-Authenticate: Bearer'] : []),
  ];
  // No HTTP limit holds for a socket that asked for an upgrade: it must not stay half open.
  socket.once('finish', () => socket.destroy());
  setTimeout(() => socket.destroy(), REFUSAL).unref();
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
