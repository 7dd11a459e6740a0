/** One of a crowd: a client that speaks the native wire (docs/WIRE.md) and checks that it misses and repeats nothing. */
import { Finder } from './finder.js';
import { micros } from '../processes/monotonic.js';
import { addressee, ALL, digits, numberOf, publishedAt } from './payload.js';
import { RawWebSocket } from './raw-websocket.js';

const SEQUENCE = new Finder('"sequence":');
const PAYLOAD = new Finder('"payload":');

export class Member {
  /** Position: the next message's sequence, of which epoch. */
  next = undefined;
  epoch = undefined;
  joined = false;
  paused = false;
  /** Numbers of the last message of its own and of the last broadcast. */
  own = -1;
  broadcast = -1;
  received = 0;
  /** The last sequence that was acknowledged. */
  acked = -1;
  #now = 0;

  /**
   * @param arrivals what all of the crowd have been given
   * @param ack called when there is something to acknowledge; undefined: this client is silent
   */
  constructor(index, arrivals, ack) {
    this.index = index;
    this.arrivals = arrivals;
    this.ack = ack;
  }

  /** Resolves when it has joined. */
  join(url) {
    return new Promise((resolve, reject) => {
      this.onJoined = resolve;
      this.onRefused = reject;
      this.wire = new RawWebSocket(url, this);
    });
  }

  onOpen() {
    const data = { client_id: `c${this.index}`, acks: this.ack !== undefined };
    this.wire.send(JSON.stringify({ type: 'hello', data }));
  }

  onText(data, start, end) {
    const sequence = SEQUENCE.behind(data, start, end);
    if (sequence === -1) return this.#control(JSON.parse(data.toString('utf8', start, end)));
    this.#sequence(digits(data, sequence));
    const payload = PAYLOAD.behind(data, start, end);
    if (payload === -1) return this.arrivals.blame('messages without a payload');
    this.#number(addressee(data, payload), numberOf(data, payload));
    this.received++;
    // What comes in one read comes at one time.
    this.#now ||= micros();
    if (this.index < this.arrivals.members) this.arrivals.add(this.#now - publishedAt(data, payload), this.#now);
  }

  onRead() {
    this.#now = 0;
    if (this.joined && this.next - 1 > this.acked) this.ack?.(this);
  }

  onClose(_code, why) {
    if (this.leaving) return;
    if (this.joined) this.arrivals.blame(`connections lost: ${why}`);
    this.joined = false;
    this.onRefused(new Error(why));
  }

  acknowledge() {
    this.acked = this.next - 1;
    if (this.joined) this.wire.send(`{"type":"ack","sequence":${this.acked}}`);
  }

  pause() {
    this.paused = true;
    this.wire.pause();
  }

  resume() {
    this.paused = false;
    this.wire.resume();
  }

  leave() {
    this.leaving = true;
    this.wire.reset();
  }

  #control({ type, payload, error, reason, message }) {
    if (type === 'connection_status' && payload.status === 'connected') {
      this.joined = true;
      this.next = payload.next;
      this.acked = payload.next - 1;
      this.epoch = payload.epoch;
      this.onJoined();
    } else if (type === 'error') {
      this.arrivals.blame(`errors: ${error} ${reason}`);
      this.onRefused(new Error(`${error}: ${message}`));
    } else if (type === 'gap' || type === 'connection_status') {
      this.arrivals.blame(`${type}: ${payload.status ?? payload.reason}`);
    }
  }

  #sequence(sequence) {
    if (sequence > this.next) this.arrivals.blame('messages lost or out of order', sequence - this.next);
    if (sequence < this.next) this.arrivals.blame('messages repeated or out of order');
    this.next = Math.max(this.next, sequence + 1);
  }

  /** Those who are not counted may be refused messages, and so miss numbers. */
  #number(to, n) {
    const before = to === ALL ? this.broadcast : this.own;
    if (to !== ALL && to !== this.index) this.arrivals.blame("messages of somebody else's");
    else if (n !== before + 1 && (n <= before || this.index < this.arrivals.members)) {
      this.arrivals.blame('messages whose number is not the next');
    }
    if (to === ALL) this.broadcast = n;
    else this.own = n;
  }
}
