/** What a crowd of clients has been given: how many messages, how long each was on its way, and what was wrong. */
import { Durations } from '../tables/durations.js';

export class Arrivals {
  /** Reasons of what must not happen → how often. */
  wrong = new Map();
  #waiting;

  constructor() {
    this.reset(Infinity);
  }

  /** @param members those whose index is below this are counted; the others are only checked */
  reset(members) {
    this.members = members;
    this.count = 0;
    /** Microseconds of the monotonic clock. */
    this.lastAt = 0;
    this.durations = new Durations();
  }

  /** @param us microseconds it was on its way */
  add(us, now) {
    this.count++;
    this.lastAt = now;
    this.durations.add(us / 1_000);
    if (this.#waiting !== undefined && this.count >= this.#waiting.total) this.#waiting.done();
  }

  blame(what, times = 1) {
    this.wrong.set(what, (this.wrong.get(what) ?? 0) + times);
  }

  /** Resolves when so many have arrived since the reset, or when the time is over. */
  completed(total, within) {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(late);
        this.#waiting = undefined;
        resolve({ count: this.count, lastAt: this.lastAt, complete: this.count >= total });
      };
      const late = setTimeout(done, within);
      this.#waiting = { total, done };
      if (this.count >= total) done();
    });
  }
}
