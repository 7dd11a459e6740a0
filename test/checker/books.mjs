import { flaw } from './message.mjs';

/** Lines of what went before, for who has to find out why. */
const TRAIL = 14;
/** One broken thing breaks many; the first few tell. */
const TOLD = 3;

/**
 * What one client knows: what it got on each connection, what it dispatched, and what must never happen. It holds on to
 * every pair of sequence and message it has ever seen. `on`: `dispatched(sequence, number)`, `violated(violation)`.
 */
export class Books {
  last = -1;
  epoch;
  session;
  token;
  /** The `id` that an event stream had last. */
  eventId;
  repeats = 0;
  gaps = 0;
  #numbers = [];
  #sequences = new Map();
  #trail = [];
  #told = 0;

  constructor(client, { tolerateGaps }, on) {
    this.client = client;
    this.tolerateGaps = tolerateGaps && client.says !== 'acks';
    this.on = on;
  }

  /** The last things that happened. */
  get trail() {
    return [...this.#trail];
  }

  note(text) {
    this.#trail.push(`${(performance.now() / 1_000).toFixed(3)} ${text}`);
    if (this.#trail.length > TRAIL) this.#trail.shift();
  }

  violate(rule, text) {
    this.note(`!! ${text}`);
    if (++this.#told > TOLD) return;
    this.on.violated({ client: this.client.id, rule, text, trail: this.trail });
  }

  /** `connected` came. */
  joined(link, connected) {
    const { said } = link;
    const { epoch, next, session_id: session, resume_token: token } = connected;
    this.note(`#${link.number} joined: next ${next}${connected.resumed ? ', resumed' : ''}`);
    link.expected = next;
    if (this.epoch === undefined) {
      if (next !== 0) this.violate('start', `the first connection begins with sequence ${next}`);
      Object.assign(this, { epoch, session });
    }
    if (session !== this.session) this.violate('session', `came back to session ${session}, was in ${this.session}`);
    if (epoch !== this.epoch) this.violate('epoch', `epoch changed from ${this.epoch} to ${epoch}`);
    if (said.token !== undefined && connected.resumed !== true) {
      this.violate('session', 'joined with a resume token, and it was not resumed');
    }
    this.token = token;
    if (said.lie !== undefined) {
      link.owesGap = said.lie;
      return;
    }
    // Where another connection went on meanwhile, its acks may have moved the beginning.
    link.stale = said.position < this.last;
    if (next > this.last + 1) {
      if (!this.tolerateGaps) this.violate('hole', `begins with ${next}, has dispatched up to ${this.last} only`);
    } else if (next > said.position + 1) {
      if (!link.stale) this.violate('hole', `asked for what follows ${said.position}, begins with ${next}`);
    } else if (next <= said.position) {
      this.violate('repeat', `asked for what follows ${said.position}, begins with ${next}`);
    }
  }

  /** `gap` came. In these runs nothing is ever lost, so that nobody needs one who has not lied about where they are. */
  gap(link, gap) {
    this.gaps++;
    this.note(`#${link.number} gap ${JSON.stringify(gap)}`);
    if (link.owesGap !== undefined) {
      const reason = { epoch: 'epoch', future: 'unknown_position' }[link.owesGap];
      if (gap.reason !== reason) this.violate('gap', `told as ${gap.reason}, expected ${reason}`);
      link.owesGap = undefined;
    } else if (!this.tolerateGaps && !link.stale) this.violate('gap', `needless gap: ${JSON.stringify(gap)}`);
    if (this.tolerateGaps) this.last = Math.max(this.last, gap.next - 1);
    if (gap.next > this.last + 1)
      this.violate('hole', `gap goes on with ${gap.next}, has dispatched up to ${this.last}`);
    link.expected = gap.next;
  }

  /** A message came. @returns whether it was dispatched */
  message(link, frame) {
    const { sequence } = frame.message;
    const number = frame.message.payload?.n;
    const name = `sequence ${sequence} (${frame.message.id})`;
    const wrong = flaw(frame, this.epoch);
    if (wrong !== undefined) this.violate('envelope', `${name} ${wrong}`);
    if (link.owesGap !== undefined) {
      this.violate('gap', `joined with a wrong ${link.owesGap} position and was told no gap before ${name}`);
      link.owesGap = undefined;
    }
    if (sequence !== link.expected) {
      const rule = sequence > link.expected ? 'hole' : 'repeat';
      this.violate(rule, `${name} came on #${link.number} where ${link.expected} was due`);
    }
    link.expected = sequence + 1;
    this.#identify(sequence, number, name);
    if (sequence <= this.last) {
      this.repeats++;
      return false;
    }
    if (sequence > this.last + 1) this.violate('hole', `${name} came, ${this.last} was dispatched last`);
    this.last = sequence;
    this.on.dispatched(sequence, number);
    return true;
  }

  #identify(sequence, number, name) {
    const known = this.#numbers[sequence];
    if (known === undefined) this.#numbers[sequence] = number;
    else if (known !== number) this.violate('identity', `${name} came before as n${known}`);
    const before = this.#sequences.get(number);
    if (before === undefined) this.#sequences.set(number, sequence);
    else if (before !== sequence) this.violate('twice', `${name} came before with sequence ${before}`);
  }
}
