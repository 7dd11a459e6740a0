/** Sessions that come, make calls and go all the time, as many of each kind alive as there were at the beginning. */
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, WebSocketClient } from './clients.js';

/**
 * `live` sessions at a time, each for a while between the two `life` times (ms), then ended in one of the ways, in
 * turn. Those over stdio live longer: each costs a process.
 */
const KINDS = [
  { door: 'http', unit: 'echo', live: 10, life: [2_000, 6_000] },
  { door: 'websocket', unit: 'echo', live: 6, life: [2_000, 6_000] },
  { door: 'http', unit: 'lean', live: 4, life: [6_000, 18_000] },
  { door: 'websocket', unit: 'lean', live: 2, life: [6_000, 18_000] },
];

/**
 * How sessions end. `delete`, `close`: as the protocol has it. `vanish`: sockets are closed and nothing said. `stop`:
 * nothing happens any more, sockets stay open, over Streamable HTTP with a stream that listens.
 */
const WAYS = { http: ['delete', 'vanish', 'stop'], websocket: ['close', 'vanish', 'stop'] };

const OPEN = {
  http: url => HttpClient.open(url, 2),
  websocket: url => WebSocketClient.open(url),
};

/** Milliseconds: before another attempt to open a session that could not be opened; for calls still in flight. */
const AGAIN = 1_000;
const LAST_ANSWERS = 12_000;

export class Herd {
  /** Sessions that take calls. */
  ready = [];
  /** How many ended in each way. */
  ended = {};
  opened = 0;
  onFailure = () => undefined;
  #stopping = false;
  #next = 0;

  /** @param urls of the doors */
  constructor(urls) {
    this.urls = urls;
  }

  /** Resolves when all are there. */
  async start() {
    const places = KINDS.flatMap(kind => Array.from({ length: kind.live }, () => kind));
    // One after the other: this is no measurement of how fast many can come.
    for (const kind of places) {
      const session = await this.#open(kind);
      void this.#inhabit(kind, session);
    }
  }

  /** The next in turn. */
  pick() {
    this.#next = (this.#next + 1) % this.ready.length;
    return this.ready[this.#next];
  }

  /** Ends all in order; resolves when they are gone. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.ready.map(session => this.#end(session, WAYS[session.kind.door][0])));
  }

  /** One place in the herd: whoever goes stays until the next one is there. */
  async #inhabit(kind, first) {
    let session = first;
    for (let turn = 0; ; turn++) {
      const [least, most] = kind.life;
      await delay(least + Math.random() * (most - least));
      if (this.#stopping) return;
      const next = await this.#open(kind);
      if (this.#stopping) return void (next && this.#end(next, WAYS[kind.door][0]));
      const ways = WAYS[kind.door];
      void this.#end(session, ways[(turn + this.opened) % ways.length]);
      session = next;
    }
  }

  async #open(kind) {
    const url = `${this.urls[kind.door]}?unit=${kind.unit}`;
    while (!this.#stopping) {
      try {
        const session = { kind, client: await OPEN[kind.door](url), calls: 0, inFlight: 0 };
        this.opened++;
        this.ready.push(session);
        return session;
      } catch (thrown) {
        this.onFailure(`a session could not be opened: ${thrown.message}`);
        await delay(AGAIN);
      }
    }
    return undefined;
  }

  async #end(session, way) {
    this.ready = this.ready.filter(one => one !== session);
    const deadline = performance.now() + LAST_ANSWERS;
    while (session.inFlight > 0 && performance.now() < deadline) await delay(10);
    const name = `${session.kind.door} ${way}`;
    this.ended[name] = (this.ended[name] ?? 0) + 1;
    const { client } = session;
    if (way === 'vanish') await client.vanish();
    else if (way === 'stop') await client.listen?.();
    else await client.close();
  }
}
