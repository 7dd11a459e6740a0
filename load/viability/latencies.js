/** When what well-behaved clients wait for was due, how long it took, and why it failed. */
import { clock } from '../lib/processes/monotonic.js';

export class Latencies {
  /** `[due, took]` each, as figures.js has them. */
  items = [];
  /** Why something failed → how often. */
  failures = new Map();

  /** @param due milliseconds of `clock` */
  expect(due) {
    const item = [due, null];
    this.items.push(item);
    return item;
  }

  settle(item) {
    item[1] ??= clock() - item[0];
  }

  /** @param why for people; of many kinds only the first are kept */
  fail(why) {
    if (this.failures.size < 20 || this.failures.has(why)) this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }
}
