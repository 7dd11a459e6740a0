/** Scrapes a gateway as Prometheus does: by the clock, over one connection, and keeps how long it took. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';

export class Scraper {
  /** Milliseconds that each took, and the size and the samples of the last. */
  took = [];
  bytes = 0;
  lines = [];
  #going = true;

  /** @param every milliseconds between two of them; 0: none by itself */
  constructor(management, every = 0) {
    const { origin } = new URL(management);
    this.client = new Client(origin);
    this.over = every > 0 ? this.#run(every) : Promise.resolve();
  }

  async scrape() {
    const startedAt = performance.now();
    const { statusCode, body } = await this.client.request({ method: 'GET', path: '/metrics' });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`/metrics answers ${statusCode}`);
    this.took.push(performance.now() - startedAt);
    this.bytes = text.length;
    this.lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  }

  async stop() {
    this.#going = false;
    await this.over;
    await this.client.close();
  }

  async #run(every) {
    for (let due = performance.now(); this.#going; due += every) {
      await this.scrape();
      while (this.#going && performance.now() < due + every) await delay(5);
    }
  }
}
