import { HttpClient, WebSocketClient } from '../lib/clients.js';
import { answers, callOf } from '../lib/messages.js';
import { Ledger } from './ledger.js';
import { Pace } from './pace.js';

const OPEN = { http: url => HttpClient.open(url, 2), websocket: url => WebSocketClient.open(url) };

/** MCP sessions that call `echo` in turn, so many times a second together. */
export class Callers {
  ledger = new Ledger();
  answered = 0;
  #sessions = [];

  /** @param given `door`: `http` or `websocket`; `url`, `sessions`, `rate` */
  constructor({ door, url, sessions, rate }) {
    Object.assign(this, { door, url, count: sessions });
    this.pace = new Pace(rate, (due, n) => this.#call(due, n));
  }

  async open() {
    for (let i = 0; i < this.count; i++) {
      this.#sessions.push({ client: await OPEN[this.door](this.url), lastId: 0 });
    }
  }

  start() {
    this.pace.start();
  }

  stop() {
    this.pace.stop();
  }

  async close() {
    await Promise.all(this.#sessions.map(({ client }) => client.vanish()));
  }

  #call(due, n) {
    const session = this.#sessions[n % this.#sessions.length];
    const item = this.ledger.owe(due);
    const id = ++session.lastId;
    const text = `call ${n} of all`;
    session.client.ask(id, callOf(id, text), message => {
      this.answered++;
      if (answers(message, id, text)) return this.ledger.settle(item);
      const { error } = message ?? {};
      this.ledger.fail(error ? `${error.code} ${error.data?.error ?? error.message}` : this.#wire(session));
    });
  }

  #wire({ client }) {
    return (client.failure ?? 'the wire failed').slice(0, 200);
  }
}
