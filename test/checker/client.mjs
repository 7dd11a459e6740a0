import { setTimeout as delay } from 'node:timers/promises';
import { Acks } from './acks.mjs';
import { Books } from './books.mjs';
import { sayOnJoining } from './joining.mjs';
import { Link } from './wire/link.mjs';

/** Milliseconds. */
const BETWEEN_ACTS = 700;
const GIVES_UP_AFTER = 20_000;
const REPLACED_WITHIN = 5_000;
const ANSWERS_WITHIN = 200;
const FLAPS_FOR = 1_500;
const FLAPS_EACH = 100;

/** What a client does to its connection, by weight; what it is not able to do is left out. */
const ACTS = { reset: 2, close: 3, cut: 4, stall: 4, takeover: 1.5, flap: 0.5, pause: 0 };
const SLOW_ACTS = { ...ACTS, reset: 0.5, cut: 0.5, stall: 0.5, flap: 0, pause: 8 };

/** One client with its connections. `on`: `dispatched`, `violated`, `paused(id, ms)`. */
export class Client {
  counts = new Map();
  link;
  #calm = false;
  #over = false;
  #wake = () => undefined;

  constructor(what, dice, urls, { tolerateGaps, pace }, on) {
    this.what = what;
    this.urls = urls;
    this.pace = pace;
    this.on = on;
    this.dice = dice.for(what.id);
    this.books = new Books(what, { tolerateGaps }, on);
    this.acks = what.says === 'acks' ? new Acks(dice.for(`${what.id}/acks`), what.ackStyle) : undefined;
  }

  count(name, more = 1) {
    this.counts.set(name, (this.counts.get(name) ?? 0) + more);
  }

  // Connections.

  #dial(wire = this.dice.pick(this.what.wires)) {
    const said = sayOnJoining({ client: this.what, books: this.books, dice: this.dice, wire });
    const link = new Link(wire, this.urls, said, this);
    const { lie, position } = said;
    const where = lie ? `a lie about its ${lie}` : position === undefined ? 'no position' : `position ${position}`;
    this.books.note(`#${link.number} dials ${wire}, ${said.token ? 'token, ' : ''}${where}`);
    this.count('connections');
    return link;
  }

  /** Tries until it has joined. */
  async join() {
    const end = performance.now() + GIVES_UP_AFTER;
    for (let wire; ;) {
      const link = this.#dial(wire);
      const outcome = await link.opened;
      if (outcome === true) return this.#use(link);
      link.drop('reset');
      if (performance.now() > end) {
        this.books.violate('join', `could not join any more: ${JSON.stringify(outcome)}`);
        return;
      }
      wire = await this.#refused(link, outcome);
    }
  }

  #use(link) {
    if (this.link !== undefined && this.link.wire !== link.wire) this.count('switches');
    this.link = link;
    this.acks?.reconnected();
  }

  async #refused(link, { error, how }) {
    this.books.note(`#${link.number} refused: ${JSON.stringify(error ?? how)}`);
    this.count(`joins refused: ${error?.error ?? how.reason ?? how.status}`);
    if (/resume_token/.test(error?.error)) {
      this.books.violate('session', `the session is lost: ${error.error}`);
      this.books.epoch = undefined;
    }
    await delay(Math.min(2_000, error?.retry_after ?? 50) + this.dice.whole(0, 50));
    // A switch that is not permitted: by the wire it came from.
    return error?.error === 'switch_refused' ? this.link?.wire : undefined;
  }

  received(link, frame) {
    // As an EventSource does, whatever the event.
    if (frame.eventId !== undefined) this.books.eventId = frame.eventId;
    if (frame.kind === 'message') return this.#message(link, frame);
    if (frame.kind === 'connected') return this.books.joined(link, frame.connected);
    if (frame.kind === 'gap') return this.books.gap(link, frame.gap);
    if (frame.kind === 'error') return this.#error(link, frame.error);
    if (frame.kind === 'pong') return void this.#pong(link);
    if (frame.kind === 'left') return void this.count('channels closed');
    if (frame.kind === 'status') {
      this.count(`status ${frame.status.status}`);
      this.books.note(`#${link.number} told ${JSON.stringify(frame.status)}`);
    }
  }

  #message(link, frame) {
    if (!link.joined) return this.books.violate('join', `#${link.number} got a message before it had joined`);
    this.count('received');
    if (this.books.message(link, frame) && this.acks) {
      this.acks.dispatched(frame.message.sequence, frame.message.id);
      if (link === this.link) this.acknowledge();
    }
    if (link.cutAfter !== undefined && --link.cutAfter <= 0) link.drop('reset');
  }

  /** A wrong ack of ours is answered with an error; nothing else is. */
  #error(link, error) {
    if (link !== this.link) return;
    const code = error?.error;
    if (code === 'invalid_ack' && link.provoked > 0) link.provoked--;
    else if (code === 'rate_limit_exceeded') this.count('frames refused by a rate limit');
    else this.books.violate('error', `#${link.number} got an error for nothing: ${JSON.stringify(error)}`);
  }

  /** What was sent before the ping has been read by now; the error may take a moment more. */
  async #pong(link) {
    await delay(ANSWERS_WITHIN);
    link.pinging = false;
    if (link !== this.link || link.provoked === 0 || !link.alive || link.deaf || link.paused) return;
    this.books.violate('ack', `#${link.number} sent a wrong ack and got no error`);
    link.provoked = 0;
  }

  unanswered(_link, why) {
    this.count(`acks by POST not taken: ${why}`);
  }

  ended(link, how) {
    if (link.joined && !link.dropped) {
      this.books.note(`#${link.number} ended by the gateway: ${JSON.stringify(how)}`);
      if (link === this.link)
        this.count(`ended by the gateway: ${how.code ?? how.reason} ${how.code ? how.reason : ''}`);
    }
    if (link === this.link) this.#wake();
  }

  acknowledge(now = false) {
    if (!this.link?.joined || this.link.paused) return;
    const due = this.acks?.due(this.books.epoch, { now }) ?? [];
    if (due.length === 0) return;
    this.link.ack(due);
    // One at a time, so that it is clear which error is whose.
    if (this.#calm || this.link.pinging || !this.dice.chance(0.003)) return;
    this.link.pinging = true;
    this.link.provoked = 1;
    this.count('wrong acks');
    this.link.ack([this.acks.wrong(this.books.epoch, { saysEpoch: !this.link.wire.startsWith('phoenix') })]);
    this.link.ping();
  }

  // Life.

  /** Comes and goes until it is told to be calm, then stays until it is told to stop. */
  async live() {
    while (!this.#over) {
      if (!this.link.alive) await this.join();
      const until = this.#calm ? 1_000 : this.dice.wait(this.pace ?? BETWEEN_ACTS);
      const woken = await this.#rest(until);
      if (!woken && !this.#calm && this.link.alive) await this.#act();
    }
  }

  /** @returns whether something has happened before the time was over */
  #rest(ms) {
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Reads nothing until what this returns is called. */
  hold() {
    const { link } = this;
    link.paused = true;
    link.pause();
    return () => {
      link.paused = false;
      link.resume();
      this.acknowledge(true);
    };
  }

  calm() {
    this.#calm = true;
    this.#wake();
  }

  stop() {
    this.#over = true;
    this.link.drop('close');
    this.#wake();
  }

  async #act() {
    const { takeover, flap, ...others } = this.what.slow ? SLOW_ACTS : ACTS;
    // To take over is to come with a token.
    const able = { ...others, ...(this.acks ? { takeover } : {}), flap };
    // Who is slow is slow once at least, however short the run.
    const act = this.what.slow && !this.counts.has('pause') ? 'pause' : this.dice.weighted(able);
    this.count(act);
    this.books.note(`#${this.link.number} ${act}`);
    await this[`_${act}`]();
  }

  /** Some are back at once, some take their time. */
  #away() {
    const most = this.dice.pick([0, 5, 20, 20, 200, 500, 500, 2_000]);
    return delay(this.dice.whole(0, most));
  }

  async _reset() {
    this.link.drop('reset');
    await this.#away();
  }

  async _close() {
    const { link } = this;
    // What comes while we close may be taken or thrown away.
    link.drop('close', { deaf: this.dice.chance(0.5) });
    await this.#away();
    link.deaf = true;
    if (link.alive) link.drop('reset');
  }

  /** An RST in the middle of what comes. */
  async _cut() {
    const { link } = this;
    link.cutAfter = this.dice.whole(1, 30);
    await this.#rest(1_000);
    if (link.alive) link.drop('reset');
    await this.#away();
  }

  /** Acknowledges, then hears nothing for a while, then goes: everything that was on its way is lost. */
  async _stall() {
    const { link } = this;
    this.acknowledge(true);
    link.deaf = true;
    link.pause();
    await delay(this.dice.whole(2, 80));
    link.drop('reset');
    await this.#away();
  }

  /** A second connection with the token, while the first is still there; the gateway has to close that one. */
  async _takeover() {
    const before = this.link;
    const link = this.#dial();
    const outcome = await link.opened;
    if (outcome !== true) return void link.drop('reset');
    this.#use(link);
    this.count('takeovers');
    setTimeout(() => {
      if (before.alive)
        this.books.violate('replaced', `#${before.number} was left open when #${link.number} took over`);
      before.drop('reset');
    }, REPLACED_WITHIN).unref();
  }

  async _flap() {
    const end = performance.now() + FLAPS_FOR;
    this.link.drop('reset');
    while (performance.now() < end) {
      const link = this.#dial();
      await Promise.race([link.opened, delay(FLAPS_EACH / 2)]);
      if (link.joined) this.#use(link);
      await delay(this.dice.whole(0, FLAPS_EACH));
      link.drop(this.dice.pick(['reset', 'close']));
    }
    this.count('flaps');
  }

  /** Stops reading. What waits meanwhile must not be lost with the connection, so it stays until it has read again. */
  async _pause() {
    const ms = this.dice.whole(1_000, 3_000);
    this.on.paused(this.what.id, ms);
    const release = this.hold();
    await this.#rest(ms);
    release();
    await this.#rest(1_000);
  }
}
