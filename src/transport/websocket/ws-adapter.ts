import { WsAdapter } from '@nestjs/platform-ws';
import { IncomingMessage, STATUS_CODES } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { requestUrl } from '../http/caller.js';
import { Listener, ListenerSettings } from '../http/listener.js';
import { replyError } from '../http/reply.js';
import { LongpollEndpoint } from '../longpoll/longpoll-endpoint.js';
import { PHOENIX_SUFFIX, subprotocolOf } from './subprotocol.js';
import { WebSocketHandler } from './websocket-handler.js';

export interface SocketAdapterSettings extends ListenerSettings {
  /** Bytes of one frame of MCP, and of a native or Phoenix client. */
  maxFrameSize: number;
  maxChannelFrame: number;
  compression: boolean;
}

/** The same path twice, because ws has one limit for all frames that come through a server. */
interface Served {
  /** Nest's; all connections are announced here. */
  server: WebSocketServer;
  /** Where a request says that it is Phoenix. */
  channels: WebSocketServer;
}

/** Milliseconds that a peer has to answer a close frame. */
const CLOSING = 5_000;

/**
 * Nest's adapter over a listener of our own: the stock one listens on every interface, and subscribes to each socket's
 * messages whether or not anybody handles them.
 */
export class SocketAdapter extends WsAdapter {
  readonly listener: Listener;
  private readonly paths = new Map<string, Served>();

  constructor(
    private readonly settings: SocketAdapterSettings,
    private readonly door: WebSocketHandler,
    private readonly longpoll: LongpollEndpoint,
  ) {
    super();
    this.listener = new Listener(settings, (request, response) => {
      const url = requestUrl(request);
      if (url && this.longpoll.serves(url)) return void this.longpoll.serve(request, response, url);
      const known = url !== undefined && this.find(url) !== undefined;
      const hint = known ? 'This path takes WebSocket upgrades only.' : undefined;
      replyError(response, new GatewayError(known ? 'method_not_allowed' : 'not_found', hint));
    });
    this.listener.server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
  }

  override create(_port: number, options: Record<string, unknown> = {}): WebSocketServer {
    const { maxFrameSize, maxChannelFrame } = this.settings;
    const server = this.makeServer(Math.max(maxFrameSize, maxChannelFrame));
    this.paths.set(options.path as string, { server, channels: this.makeServer(maxChannelFrame) });
    return server;
  }

  /** No message handlers of Nest's: the door reads the socket itself. */
  override bindMessageHandlers(): void {}

  /** Nor one for each socket that hears of its end. */
  override bindClientDisconnect(): void {}

  override async close(server: WebSocketServer): Promise<void> {
    server.close();
    await this.listener.close();
  }

  /** A Phoenix client adds to the path that it was given. */
  private find({ pathname }: URL): Served | undefined {
    const path = pathname.endsWith(PHOENIX_SUFFIX) ? pathname.slice(0, -PHOENIX_SUFFIX.length) : pathname;
    return this.paths.get(path);
  }

  private makeServer(maxPayload: number): WebSocketServer {
    const options = {
      noServer: true,
      clientTracking: false,
      maxPayload,
      closeTimeout: CLOSING,
      perMessageDeflate: this.settings.compression && {
        threshold: 1024,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      },
      handleProtocols: subprotocolOf,
    };
    return new WebSocketServer(options);
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    try {
      const url = requestUrl(request);
      const served = url && this.find(url);
      if (!served) throw new GatewayError('not_found');
      const socketProtocol = await this.door.admit(request, url, socket);
      if (socket.destroyed) return this.door.abandon(request);
      const abandon = (): void => this.door.abandon(request);
      socket.once('close', abandon);
      const taker = socketProtocol === 'phoenix' ? served.channels : served.server;
      taker.handleUpgrade(request, socket, head, client => {
        socket.off('error', onError);
        socket.off('close', abandon);
        served.server.emit('connection', client, request);
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
