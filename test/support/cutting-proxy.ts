import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';

/**
 * A TCP proxy on loopback that can cut every connection through it, let none through for a while, or accept and say
 * nothing from now on.
 */
export class CuttingProxy {
  private readonly sockets = new Set<Socket>();
  private silent = false;
  private closed = false;
  /** How many have come in vain since `down()`. */
  turnedAway = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CuttingProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', near => {
      if (proxy.closed) {
        proxy.turnedAway++;
        return void near.destroy();
      }
      const far = connect(targetPort, '127.0.0.1');
      for (const socket of [near, far]) {
        proxy.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          proxy.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      if (proxy.silent) proxy.hush(near, far);
      else near.pipe(far).pipe(near);
    });
    return proxy;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Cuts every connection, and each new one at once, until `up()`. */
  down(): void {
    this.closed = true;
    this.turnedAway = 0;
    this.cut();
  }

  up(): void {
    this.closed = false;
  }

  /** Connections stay and new ones are taken, but nothing passes any more. */
  mute(): void {
    this.silent = true;
    for (const socket of this.sockets) this.hush(socket);
  }

  private hush(...sockets: Socket[]): void {
    for (const socket of sockets) socket.unpipe().on('data', () => undefined);
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise(resolve => this.server.close(resolve));
  }
}
