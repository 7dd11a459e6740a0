/** One way to lose a connection and come back, many times over: who, from which server, how. */
import { setTimeout as delay } from 'node:timers/promises';
import { CuttingProxy } from '../servers/cutting-proxy.js';
import { payloadText } from './payload.js';
import { post } from '../servers/post.js';

/** Milliseconds. */
const BACK_WITHIN = 15_000;
/** Between a client's return and its next drop: what it got is acknowledged then. */
const REST = 100;
const SIZE = 100;

/** Messages for a client that is about to lose its connection; resolves when the server has taken them. */
const PUBLISH = {
  bare: ({ host }, index, payloads) => host.ask('hold', { index, payloads }),
  gateway: ({ urls }, index, payloads) => {
    const messages = payloads.map(payload => `{"payload":${payload}}`);
    return post(urls.sse, `/mcp/clients/c${index}/messages`, `[${messages}]`);
  },
};

/** A client with the way to break its connection, and what is known of the drop it is in. */
class Dropping {
  /** Sequence of the last message dispatched. */
  last = undefined;
  drop = undefined;
  restedAt = 0;

  constructor(client, index, proxy) {
    Object.assign(this, { client, index, proxy });
    client.onMessage = sequence => this.#dispatched(sequence);
    client.onAttempt = () => this.drop?.attempts.push(performance.now() - this.drop.at);
  }

  hold() {
    if (this.proxy) this.proxy.hold();
    else this.client.pause();
  }

  /** Resolves with what became of it; `first` and `all` are in ms from the drop, NaN where that never came. */
  break(messages) {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(late);
        const { first, all, attempts } = this.drop;
        this.drop = undefined;
        this.restedAt = performance.now();
        resolve({ first, all, attempts });
      };
      const late = setTimeout(done, BACK_WITHIN);
      this.drop = { at: performance.now(), left: messages, first: NaN, all: NaN, attempts: [], done };
      if (this.proxy) this.proxy.cut();
      else this.client.reset();
    });
  }

  #dispatched(sequence) {
    if (this.last !== undefined && sequence !== this.last + 1) {
      this.client.broken.push(`message ${sequence} came after ${this.last}`);
    }
    this.last = sequence;
    if (this.drop === undefined)
      return void this.client.broken.push('a message came before the drop, or after all had');
    if (this.drop.attempts.length === 0)
      this.client.broken.push('a message came before the client had connected again');
    const now = performance.now() - this.drop.at;
    if (Number.isNaN(this.drop.first)) this.drop.first = now;
    if (--this.drop.left > 0) return;
    this.drop.all = now;
    this.drop.done();
  }

  async end() {
    this.client.close();
    await this.proxy?.stop();
  }
}

export class Drops {
  results = [];
  #clients = [];

  /**
   * @param way `{ title, side, how, Client }`; `how` is `client` or `network`
   * @param server a side's `{ host, urls }`
   */
  constructor(way, server) {
    this.way = way;
    this.server = server;
  }

  /** @param first number of the first client; @param more what the clients' constructor gets besides */
  async open(count, first, ...more) {
    const { how, Client } = this.way;
    for (let i = 0; i < count; i++) {
      const index = first + i;
      const proxy = how === 'network' ? await CuttingProxy.start(this.server.urls.websocket) : undefined;
      const client = new Client(proxy?.url ?? this.server.urls.websocket, `c${index}`, ...more);
      const dropping = new Dropping(client, index, proxy);
      this.#clients.push(dropping);
      await client.open();
    }
  }

  /** Every client loses its connection once, so many of them at the same moment. */
  async round({ messages, atOnce }) {
    for (let i = 0; i < this.#clients.length; i += atOnce) {
      const group = this.#clients.slice(i, i + atOnce);
      await Promise.all(group.map(client => this.#prepare(client, messages)));
      this.results.push(...(await Promise.all(group.map(client => client.break(messages)))));
    }
  }

  async #prepare(client, messages) {
    await delay(Math.max(0, client.restedAt + REST - performance.now()));
    client.hold();
    const payloads = Array.from({ length: messages }, (_, i) => payloadText(i, client.index, SIZE));
    await PUBLISH[this.way.side](this.server, client.index, payloads);
  }

  /** What must not happen and did, as text. */
  get wrong() {
    const counts = new Map();
    for (const what of this.#clients.flatMap(({ client }) => client.broken))
      counts.set(what, (counts.get(what) ?? 0) + 1);
    const never = this.results.filter(({ all }) => Number.isNaN(all)).length;
    if (never > 0) counts.set(`clients without their messages after ${BACK_WITHIN} ms`, never);
    return [...counts].map(([what, times]) => `${this.way.title}: ${times} × ${what}`);
  }

  async end() {
    await Promise.all(this.#clients.map(client => client.end()));
  }
}
