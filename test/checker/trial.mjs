import { setTimeout as delay } from 'node:timers/promises';
import { audit } from './audit.mjs';
import { player } from './cast.mjs';
import { Client } from './client.mjs';
import { Dice } from '../../load/lib/dice.js';
import { Ledger } from './ledger.mjs';
import { draft } from './message.mjs';
import { agent, post } from './wire/post.mjs';

const KIB = 1_024;
/** Of a message in the flood, in characters. */
const PAD = 4 * KIB;
const BATCH = 25;
/** Before them stand the slow one and the brisk one. */
const OTHERS = 2;
/** Milliseconds. */
const TICK = 10;
const ACKS_EACH = 20;
/** What is in flight when the last is published. */
const LEEWAY = 5_000;

/** A client that can be made slow, one like it that is not, clients beside them with a steady load, and who publishes. */
export class Trial {
  violations = [];
  #latencies = [];
  #inFlight = 0;
  #agents = { flood: agent(4), steady: agent(16), acks: agent(64) };

  constructor(urls, { kind, others, rate }) {
    this.rate = rate;
    this.urls = { ...urls, agent: this.#agents.acks };
    const cast = [
      player('slow', kind),
      player('brisk', kind),
      ...Array.from({ length: others }, (_, i) => player(`other-${i}`, 'acking-websocket')),
    ];
    this.ledger = new Ledger(cast);
    this.clients = cast.map((what, index) => new Client(what, new Dice('1'), this.urls, {}, this.#desk(index)));
    this.slow = this.clients[0];
  }

  #desk(index) {
    return {
      dispatched: (sequence, number) => {
        this.ledger.dispatched(index, [sequence, number]);
        if (index >= OTHERS) this.#note(performance.now(), this.ledger.sent[number]);
      },
      violated: violation => this.violations.push(violation),
      paused: () => undefined,
    };
  }

  #note(now, sent) {
    this.#latencies.push({ at: now, ms: now - sent });
  }

  async open() {
    await Promise.all(this.clients.map(client => client.join()));
    for (const client of this.clients) {
      client.calm();
      void client.live();
    }
    this.acks = setInterval(() => this.clients.forEach(client => client.acknowledge()), ACKS_EACH);
  }

  /** Latencies to the others since this was asked last: `{ at, ms }`. */
  latencies() {
    return this.#latencies.splice(0);
  }

  /** Messages to the others, by the clock, until the end. */
  steady() {
    const startedAt = performance.now();
    let sent = 0;
    this.clock = setInterval(() => {
      const due = ((performance.now() - startedAt) * this.rate) / 1_000;
      for (; sent < due; sent++) {
        const to = this.clients[OTHERS + (sent % (this.clients.length - OTHERS))].what.id;
        // Each has a publisher of its own in the books: these requests do not wait for each other.
        void this.#publish(to, [this.#draft(1_000 + sent, 100)], this.#agents.steady);
      }
    }, TICK);
  }

  #draft(publisher, pad) {
    const number = this.ledger.open(publisher, 'normal');
    return { number, body: draft({ number, priority: 'normal', pad }) };
  }

  /** @returns the status */
  async #publish(id, drafts, using) {
    const url = `${new URL('/mcp', this.urls.http).href}/clients/${id}/messages`;
    this.#inFlight++;
    const asked = post(
      url,
      drafts.map(one => one.body),
      { using },
    );
    const { status, body } = await asked.finally(() => this.#inFlight--);
    drafts.forEach(({ number }, index) => {
      const answer = Array.isArray(body) ? body[index] : undefined;
      const wrong = answer?.results ? this.ledger.answer(number, answer, [id]) : `was answered ${status}`;
      if (wrong !== undefined && status !== 429) this.#violate('publish', `${number} ${wrong}`);
    });
    return status;
  }

  #violate(rule, text) {
    this.violations.push({ client: '–', rule, text, trail: [] });
  }

  /** @returns what of it was accepted: `{ messages, bytes, full }` */
  async flood(id, bytes, ms) {
    const { accepted } = this.ledger.byId.get(id);
    const startedAt = performance.now();
    let full = false;
    while (accepted.size * PAD < bytes && !full) {
      if (accepted.size * PAD > (bytes * (performance.now() - startedAt)) / ms) {
        await delay(TICK);
        continue;
      }
      const before = accepted.size;
      const status = await this.#publish(
        id,
        Array.from({ length: BATCH }, () => this.#draft(0, PAD)),
        this.#agents.flood,
      );
      full = status === 429 || accepted.size < before + BATCH;
    }
    return { messages: accepted.size, bytes: accepted.size * PAD, full };
  }

  /** Until the slow one has everything; the others as well, once nothing is published any more. */
  async catchUp(within) {
    const startedAt = performance.now();
    const has = ({ accepted, dispatched }) => dispatched.length / 2 >= accepted.size;
    const until = async (condition, end) => {
      while (!condition() && performance.now() < end) await delay(TICK);
    };
    await until(() => has(this.ledger.byId.get('slow')), startedAt + within);
    this.caughtUpIn = performance.now() - startedAt;
    clearInterval(this.clock);
    await until(() => this.#inFlight === 0 && this.ledger.clients.every(has), performance.now() + LEEWAY);
    this.violations.push(...audit(this.ledger));
  }

  close() {
    for (const timer of [this.clock, this.acks]) clearInterval(timer);
    for (const client of this.clients) client.stop();
    for (const one of Object.values(this.#agents)) one.destroy();
  }
}
