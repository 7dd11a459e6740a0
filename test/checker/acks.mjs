/** Milliseconds. */
const WAITS_AT_MOST = 40;
/** Single acks may have been lost with a connection; then this one covers them. */
const COVERS_EACH = 800;

/**
 * When a client acknowledges what. Styles: `each` message by its sequence, `some` (cumulative), `ids` (singly, in any order)
 * and `mixed`. Now and then an ack comes late, and seldom one that is wrong; those must change nothing.
 */
export class Acks {
  #ids = new Map();
  #last = -1;
  #told = -1;
  #since = 0;
  #covered = 0;
  #batch = 1;

  constructor(dice, style) {
    this.dice = dice;
    this.style = style;
  }

  dispatched(sequence, id) {
    if (this.#ids.size === 0) this.#since = performance.now();
    this.#ids.set(sequence, id);
    this.#last = sequence;
  }

  /** A new connection: what was dispatched before, its position or the next cumulative ack tells. */
  reconnected() {
    this.#ids.clear();
  }

  /** What to send now; nothing as long as a batch is not full and not old. */
  due(epoch, { now = false } = {}) {
    const size = this.#ids.size;
    const old = performance.now() - this.#since > WAITS_AT_MOST;
    const full = size >= (this.style === 'each' ? 1 : this.#batch);
    const cover = this.#last > this.#told && performance.now() - this.#covered > COVERS_EACH;
    if (!cover && (size === 0 || !(now || old || full))) return [];
    this.#batch = this.dice.whole(2, 20);
    const style = this.style === 'mixed' ? this.dice.pick(['each', 'some', 'ids']) : this.style;
    return style === 'ids' && !cover ? this.#singly() : this.#upTo(this.#last, epoch);
  }

  #singly() {
    const mixed = this.dice.shuffle([...this.#ids]);
    // Some wait for the next time, so that there are holes between what is acknowledged.
    const sent = mixed.slice(0, Math.max(1, mixed.length - this.dice.whole(0, 3)));
    for (const [sequence] of sent) this.#ids.delete(sequence);
    this.#since = performance.now();
    return sent.map(([, id]) => ({ msg_id: id }));
  }

  #upTo(sequence, epoch) {
    this.#ids.clear();
    this.#told = sequence;
    this.#covered = performance.now();
    const ack = { sequence, ...(this.dice.chance(0.5) ? { epoch } : {}) };
    if (!this.dice.chance(0.05) || sequence < 5) return [ack];
    return [ack, { sequence: sequence - this.dice.whole(1, 5) }];
  }

  /** An ack that must be answered with an error. */
  wrong(epoch, { saysEpoch }) {
    return this.dice.pick([
      { sequence: this.#last + 1_000_000 },
      { msg_id: 'never-published' },
      ...(saysEpoch ? [{ sequence: Math.max(0, this.#last), epoch: `not-${epoch}` }] : []),
    ]);
  }
}
