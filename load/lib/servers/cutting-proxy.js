/** A network between a client and a server that can stop carrying what the server says, and break. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class CuttingProxy {
  /** Whether who comes is sent away with an RST. */
  refusing = false;
  #pairs = new Set();

  /** @param target URL; `url` is the same by way of this proxy */
  static async start(target) {
    const proxy = new CuttingProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    const url = new URL(target);
    url.port = proxy.server.address().port;
    proxy.url = url.href;
    return proxy;
  }

  constructor(target) {
    const { hostname, port } = new URL(target);
    this.server = createServer({ noDelay: true }, near => {
      if (this.refusing) return void near.on('error', () => undefined).resetAndDestroy();
      // The server is to see who comes, not by way of whom.
      const far = connect({ host: hostname, port: Number(port), noDelay: true, localAddress: near.remoteAddress });
      const pair = { near, far };
      this.#pairs.add(pair);
      near.pipe(far);
      far.pipe(near);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ]) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#pairs.delete(pair);
          other.destroy();
        });
      }
    });
  }

  /** What the server says from now on reaches nobody on the connections that are there. */
  hold() {
    for (const { near, far } of this.#pairs) far.unpipe(near).pause();
  }

  /** Breaks the connections that are there, for both sides. */
  cut() {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  async close() {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
