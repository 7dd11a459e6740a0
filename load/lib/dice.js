/**
 * All randomness of a run, from one seed (mulberry32). Each actor has dice of its own, told apart by its name, so that what
 * one does depends on nobody else's timing. When things meet on real sockets is not in anybody's hands: the same seed makes
 * the same decisions, not the same run.
 */
export class Dice {
  #state;

  /** @param seed a number below 2³², or text */
  constructor(seed) {
    this.seed = seed;
    this.#state = typeof seed === 'number' ? seed : hash(seed);
  }

  /** Dice for somebody else. */
  for(name) {
    return new Dice(`${this.seed}/${name}`);
  }

  /** 0 ≤ x < 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** @param weights name → weight */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
    return entries.at(-1)[0];
  }

  /** Standard normal (Box and Muller). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** By the normal distribution where the mean is large. */
  poisson(mean) {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }

  /** Waiting times: exponential, bounded to five times the mean. */
  wait(mean) {
    return Math.min(5 * mean, -Math.log(1 - this.next()) * mean);
  }

  shuffle(list) {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }
}

/** FNV-1a. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0), 0x01000193);
  return value >>> 0;
}
