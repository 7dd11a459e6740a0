/** A TCP network between a client and a server that can stop carrying what they say, break, or be gone for a while. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class CuttingProxy {
  /** How many have come in vain since `down()`. */
  turnedAway = 0;
  #pairs = new Set();
  #down = false;
  #mute = false;

  /** @param target URL; `url` is the same by way of this proxy */
  static async start(target) {
    const proxy = new CuttingProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.port = proxy.server.address().port;
    const url = new URL(target);
    url.port = proxy.port;
    proxy.url = url.href;
    return proxy;
  }

  constructor(target) {
    const { hostname, port } = new URL(target);
    this.server = createServer({ noDelay: true }, near => {
      near.on('error', () => undefined);
      if (this.#down) {
        this.turnedAway++;
        return void near.resetAndDestroy();
      }
      // The server is to see who comes, not by way of whom.
      const far = connect({ host: hostname, port: Number(port), noDelay: true, localAddress: near.remoteAddress });
      const pair = { near, far };
      this.#pairs.add(pair);
      far.on('error', () => undefined);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ]) {
        socket.on('close', () => {
          this.#pairs.delete(pair);
          other.destroy();
        });
      }
      if (this.#mute) discard(pair);
      else near.pipe(far).pipe(near);
    });
  }

  /** What the server says from now on reaches nobody on the connections that are there. */
  hold() {
    for (const { near, far } of this.#pairs) far.unpipe(near).pause();
  }

  /** Connections stay and new ones are taken, but nothing passes any more, either way. */
  mute() {
    this.#mute = true;
    this.#pairs.forEach(discard);
  }

  /** Breaks the connections that are there, for both sides. */
  cut() {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Cuts every connection, and each new one at once, until `up()`. */
  down() {
    this.#down = true;
    this.turnedAway = 0;
    this.cut();
  }

  up() {
    this.#down = false;
  }

  async stop() {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}

function discard({ near, far }) {
  for (const socket of [near, far]) socket.unpipe().on('data', () => undefined);
}
