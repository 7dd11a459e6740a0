/** What a crew is owed, and when it came. */
import { micros } from '../lib/processes/monotonic.js';

/** Milliseconds on the clock that all processes of a machine share. */
export const clock = () => micros() / 1_000;

export class Ledger {
  /** `[due, took]` each, as figures.js has them. */
  items = [];
  /** Why something failed → how often. */
  failures = new Map();

  /** @param due milliseconds of `clock` */
  owe(due) {
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
