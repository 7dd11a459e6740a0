import { WebSocket } from 'ws';
import { ViableClient } from '../../dist/client/index.js';
import { post } from '../lib/servers/post.js';
import { addressOf } from './addresses.js';
import { Latencies } from './latencies.js';
import { Pace } from './pace.js';

/** Milliseconds. */
const JOINS_WITHIN = 20_000;
/** Of addresses. */
const BLOCK = 1;

/** The client library as in Node, its sockets from an address of their own. */
function socketFrom(localAddress) {
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { localAddress });
    }
  };
}

/**
 * Native clients, each with the client library as everybody gets it. All of them are published to `publishes` times a
 * second, and each sends `sends` times a second. A message counts when it is dispatched, one that is sent when it is
 * acknowledged.
 */
export class Listeners {
  latencies = new Latencies();
  sent = new Latencies();
  switches = 0;
  gaps = 0;
  #clients = [];
  #owed = new Map();

  /**
   * @param given `count`; `url` of the WebSocket, `sseUrl`, one of them may be missing; `publishUrl`; `publishes`, `sends`;
   *   `prefers`: the transport they would rather have
   */
  constructor({ count, url, sseUrl, publishUrl, publishes = 0, sends = 0, prefers }) {
    Object.assign(this, { url, sseUrl, publishUrl, hello: prefers && { transport: prefers } });
    this.ids = Array.from({ length: count }, (_, i) => `listener-${i}`);
    this.paces = [];
    if (publishes > 0) this.paces.push(new Pace(publishes, (due, n) => this.#publish(due, n)));
    if (sends > 0) this.paces.push(new Pace(sends * count, (due, n) => this.#send(due, n)));
  }

  async open() {
    for (const [i, clientId] of this.ids.entries()) {
      const Socket = socketFrom(addressOf(BLOCK, i));
      const { url, sseUrl, hello } = this;
      const client = new ViableClient({ url, sseUrl, hello, clientId, WebSocket: Socket });
      client.on('message', ({ payload }) => this.#arrived(i, payload));
      client.on('switched', () => this.switches++);
      client.on('gap', () => this.gaps++);
      client.on('error', error => this.latencies.fail(error.code));
      this.#clients.push(client);
    }
    const late = AbortSignal.timeout(JOINS_WITHIN);
    const tooLate = new Promise((_, reject) =>
      late.addEventListener('abort', () => reject(new Error('listeners did not join in time'))),
    );
    await Promise.race([Promise.all(this.#clients.map(client => client.connect())), tooLate]);
  }

  start() {
    for (const pace of this.paces) pace.start();
  }

  stop() {
    for (const pace of this.paces) pace.stop();
  }

  close() {
    for (const client of this.#clients) client.close();
  }

  #publish(due, n) {
    this.#owed.set(
      n,
      this.ids.map(() => this.latencies.expect(due)),
    );
    const body = JSON.stringify({ type: 'news', payload: { n }, include: this.ids });
    post(this.publishUrl, '/mcp/broadcast?results=false', body).catch(thrown =>
      this.latencies.fail(thrown.message.slice(0, 200)),
    );
  }

  #arrived(i, { n }) {
    const item = this.#owed.get(n)?.[i];
    if (item) this.latencies.settle(item);
  }

  #send(due, n) {
    const item = this.sent.expect(due);
    this.#clients[n % this.#clients.length].send('note', { message: `note ${n}` }).then(
      () => this.sent.settle(item),
      thrown => this.sent.fail(thrown.code ?? thrown.message),
    );
  }
}
