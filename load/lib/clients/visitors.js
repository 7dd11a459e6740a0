/** Sessions that come, list and call units that are in trouble, and go, all the time. */
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient } from './clients.js';
import { callOf, initializeWith } from './messages.js';

/** Milliseconds between two steps of a visitor, and before another try where a session could not be opened. */
const PAUSE = 200;
/** Milliseconds that each round of steps takes at least, so that visitors where all is well do no more than others. */
const TURN = 6_500;

/** Lists that one visitor asks for. */
const LISTS_EACH = 3;

/**
 * Capabilities of clients that a gateway must tell apart, because units may list different things to each: 15 of them.
 * A unit is asked anew for each, so that lists have to wait for it.
 */
const PROFILES = [undefined, {}, { listChanged: true }].flatMap(roots =>
  choices('context', 'tools').map(sampling => ({ roots, sampling })),
);

function choices(one, other) {
  return [undefined, {}, { [one]: {} }, { [other]: {} }, { [one]: {}, [other]: {} }];
}

export class Visitors {
  /** Sessions that were opened, calls that were answered, whatever the answer, and those that were not. */
  sessions = 0;
  answered = 0;
  unanswered = 0;
  refused = new Map();
  #stopping = false;
  #stays = [];

  /**
   * @param url of the gateway
   * @param lists where what they see is counted
   * @param calls what each visitor asks for after a list: (id) → text of a request
   */
  constructor(url, lists, calls) {
    this.url = url;
    this.lists = lists;
    this.calls = calls;
  }

  /** @param count how many are there at a time */
  start(count) {
    this.#stays = Array.from({ length: count }, () => this.#comeAndGo());
  }

  /** Resolves when the last one has gone. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#stays);
  }

  async #comeAndGo() {
    while (!this.#stopping) {
      const profile = PROFILES[this.sessions++ % PROFILES.length];
      try {
        const client = await HttpClient.open(this.url, 1, {}, initializeWith(profile));
        await this.#stay(client);
        await client.close();
      } catch (thrown) {
        this.refused.set(thrown.message, (this.refused.get(thrown.message) ?? 0) + 1);
      }
      await delay(PAUSE);
    }
  }

  async #stay(client) {
    let id = 0;
    const send = text => new Promise(resolve => client.ask(id, text, resolve));
    const ask = (method, params) => send(JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }));
    for (let turn = 0; turn < LISTS_EACH && !this.#stopping; turn++) {
      const startedAt = performance.now();
      await this.lists.see(ask);
      for (const call of this.calls) {
        if ((await send(call(++id))) === undefined) this.unanswered++;
        else this.answered++;
        await delay(PAUSE);
      }
      while (performance.now() < startedAt + TURN && !this.#stopping) await delay(PAUSE);
    }
  }
}

/** A call of a tool by a name that the client remembers, whether or not it was listed. */
export const toolCall = tool => id => callOf(id, `call ${id} of a visitor`, tool);

/** A resource of which nobody has said whose it is. */
export const resourceRead = uri => id =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'resources/read', params: { uri } });
