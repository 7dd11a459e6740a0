import { createServer, RequestListener, Server } from 'node:http';
import { AddressInfo, Socket } from 'node:net';

export interface ListenerSettings {
  host: string;
  /** 0 takes any free port. */
  port: number;
  maxConnections: number;
  /** Milliseconds until the headers, and the whole of a request, must have come. */
  headersTimeout: number;
  requestTimeout: number;
}

/** Milliseconds. Outlasts the usual 60 s of load balancers, so that they and not we close first. */
const KEEP_ALIVE = 65_000;
/** Milliseconds that sockets have to take what was written to them last. */
const FAREWELL = 250;

/** One HTTP server for client doors, with limits on how slowly and how much may be asked before anything is answered. */
export class Listener {
  readonly server: Server;
  /** Upgraded sockets too, which the server itself forgets. */
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly settings: ListenerSettings,
    onRequest: RequestListener,
  ) {
    this.server = createServer(
      {
        headersTimeout: Math.min(settings.headersTimeout, settings.requestTimeout),
        requestTimeout: settings.requestTimeout,
        keepAliveTimeout: KEEP_ALIVE,
        connectionsCheckingInterval: Math.ceil(settings.headersTimeout / 2),
        maxHeaderSize: 16_384,
        noDelay: true,
      },
      onRequest,
    );
    this.server.maxConnections = settings.maxConnections;
    this.server.on('connection', socket => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get listening(): boolean {
    return this.server.listening;
  }

  /** Sockets that are open, whatever they are used for. */
  get open(): number {
    return this.sockets.size;
  }

  /** @throws the error of `listen`, such as EADDRINUSE */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.settings.port, this.settings.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** Takes no more connections and ends those that are left. */
  close(): Promise<void> {
    if (!this.server.listening) return Promise.resolve();
    return new Promise(resolve => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
      setTimeout(() => this.sockets.forEach(socket => socket.destroy()), FAREWELL);
    });
  }
}
