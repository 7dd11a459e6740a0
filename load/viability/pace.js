import { clock } from '../lib/processes/monotonic.js';

/** Milliseconds between looks at what is due. */
const TICK = 5;

/** Something that is due so many times a second by the clock, whatever became of the last time. */
export class Pace {
  #timer;
  #done = 0;

  /** @param act told when it was due, in ms of `clock`, and how many came before */
  constructor(rate, act) {
    this.rate = rate;
    this.act = act;
  }

  start() {
    this.startedAt = clock();
    this.#timer = setInterval(() => this.#look(), TICK);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #look() {
    const now = clock();
    for (;;) {
      const due = this.startedAt + (this.#done / this.rate) * 1_000;
      if (due > now) return;
      this.act(due, this.#done++);
    }
  }
}
