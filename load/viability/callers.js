import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, WebSocketClient } from '../lib/clients/clients.js';
import { answers, callOf } from '../lib/clients/messages.js';
import { DEADLINE } from './figures.js';
import { Latencies } from './latencies.js';
import { Pace } from './pace.js';

const OPEN = { http: url => HttpClient.open(url, 2), websocket: url => WebSocketClient.open(url) };

/**
 * MCP sessions that call `echo` in turn, so many times a second together. `renewals` times a second one of them is
 * replaced by a new one, as agents come and go; that it is there in time is owed, as an answer is.
 */
export class Callers {
  latencies = new Latencies();
  answered = 0;
  #sessions = [];

  /** @param given `door`: `http` or `websocket`; `url`, `sessions`, `rate`, `renewals` */
  constructor({ door, url, sessions, rate, renewals = 0 }) {
    Object.assign(this, { door, url, count: sessions });
    this.paces = [new Pace(rate, (due, n) => this.#call(due, n))];
    if (renewals > 0) this.paces.push(new Pace(renewals, (due, n) => void this.#renew(due, n % sessions)));
  }

  async open() {
    for (let i = 0; i < this.count; i++) this.#sessions.push(await this.#session());
  }

  start() {
    for (const pace of this.paces) pace.start();
  }

  stop() {
    for (const pace of this.paces) pace.stop();
  }

  async close() {
    await Promise.all(this.#sessions.map(({ client }) => client.vanish()));
  }

  async #session() {
    return { client: await OPEN[this.door](this.url), lastId: 0 };
  }

  async #renew(due, i) {
    const item = this.latencies.expect(due);
    try {
      const old = this.#sessions[i];
      this.#sessions[i] = await this.#session();
      this.latencies.settle(item);
      // What it has in flight has that long to come.
      await delay(DEADLINE);
      await old.client.close();
    } catch (thrown) {
      this.latencies.fail(thrown.message.slice(0, 200));
    }
  }

  #call(due, n) {
    const session = this.#sessions[n % this.#sessions.length];
    const item = this.latencies.expect(due);
    const id = ++session.lastId;
    const text = `call ${n} of all`;
    session.client.ask(id, callOf(id, text), message => {
      this.answered++;
      if (answers(message, id, text)) return this.latencies.settle(item);
      const { error } = message ?? {};
      this.latencies.fail(error ? `${error.code} ${error.data?.error ?? error.message}` : this.#wire(session));
    });
  }

  #wire({ client }) {
    return (client.failure ?? 'the wire failed').slice(0, 200);
  }
}
