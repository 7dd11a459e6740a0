/**
 * Publishes, within the process of the server whose clients are to get it, and stamps each message with the moment.
 * A server here has
 *   broadcast(payload)   to all; returns how many were refused it, or a promise of that
 *   send(i, payload)     to client i; returns whether it was accepted, or a promise of that
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { micros } from '../processes/monotonic.js';
import { ALL, payloadText } from '../crowd/payload.js';

/** Messages between two turns of the event loop: sockets must be read and written meanwhile. */
const CHUNK = 100;
/** Milliseconds after the time for what was due last. */
const GRACE = 20;
/** Messages that may wait to be accepted. */
const MOST_UNDER_WAY = 10_000;

export class Producer {
  /** Client → how many messages of its own it has been sent, refused ones too. */
  published = [];

  constructor(server) {
    this.server = server;
  }

  /** Broadcasts, one after the other, beginning with this number; resolves when all have been taken. */
  async broadcast({ n, count, size }) {
    const at = micros();
    let refused = 0;
    for (let i = 0; i < count; i++) {
      refused += await this.server.broadcast(payloadText(n + i, ALL, size));
      if (i + 1 < count) await turn();
    }
    return { at, refused };
  }

  /**
   * To each client a message of its own, `rate` times a second, due by the clock and evenly spread. What could not be
   * published when the time is over is not published.
   */
  async produce({ clients, rate, seconds, size }) {
    const total = clients * rate * seconds;
    const startedAt = performance.now();
    const end = startedAt + seconds * 1_000;
    const underWay = new UnderWay();
    let published = 0;
    for (let now = startedAt; published < total && now < end + GRACE; now = performance.now()) {
      const due = Math.min(total, Math.floor(((now - startedAt) / 1_000) * clients * rate) + 1);
      const until = Math.min(due, published + CHUNK);
      if (until === published || underWay.count >= MOST_UNDER_WAY) {
        await delay(1);
        continue;
      }
      for (; published < until; published++) underWay.add(this.#one(published % clients, size));
      await turn();
    }
    const tookMs = performance.now() - startedAt;
    return { published, refused: await underWay.done(), tookMs };
  }

  /** So many messages to each client from `from` to before `to`, at once. */
  async backlog({ from, to, count, size }) {
    const underWay = new UnderWay();
    for (let i = 0; i < count; i++) {
      for (let client = from; client < to; client++) underWay.add(this.#one(client, size));
      await turn();
    }
    return { refused: await underWay.done() };
  }

  #one(client, size) {
    const n = this.published[client] ?? 0;
    this.published[client] = n + 1;
    return this.server.send(client, payloadText(n, client, size));
  }
}

/** Messages that are being accepted, or refused. */
class UnderWay {
  count = 0;
  refused = 0;
  #failure;

  /** @param accepted whether it was, or a promise of that */
  add(accepted) {
    if (typeof accepted === 'boolean') return void (this.refused += accepted ? 0 : 1);
    this.count++;
    accepted.then(
      yes => {
        this.count--;
        if (!yes) this.refused++;
      },
      thrown => {
        this.count--;
        this.#failure = thrown;
      },
    );
  }

  /** How many were refused, when that is known of all. */
  async done() {
    while (this.count > 0) await delay(1);
    if (this.#failure) throw this.#failure;
    return this.refused;
  }
}
