/** A native client that sends far more than it may, and does not care what it is answered. */
import { frame, OPCODE, RawWebSocket } from '../lib/crowd/raw-websocket.js';
import { serve } from '../lib/processes/served.js';
import { addressOf } from './addresses.js';
import { Pace } from './pace.js';

/** Messages in one write. */
const AT_ONCE = 25;
/** Bytes that the socket may hold untaken: then it is full, and what is due is not sent. */
const FULL = 1_048_576;
/** Milliseconds until it comes back. */
const BACK_AFTER = 100;
/** Of addresses. */
const BLOCK = 3;

/** Some 9 KB, as of a sensor that sends what it has measured. */
const READINGS = Array.from({ length: 250 }, (_, at) => ({ at, value: Math.sin(at) }));
const text = JSON.stringify({ type: 'flood', data: { message: 'readings', readings: READINGS } });
const SALVO = Buffer.concat(Array.from({ length: AT_ONCE }, () => frame(OPCODE.text, Buffer.from(text))));

class Flooder {
  counts = { sent: 0, unsent: 0, answers: 0, closed: 0 };
  #joined = false;

  constructor(url) {
    this.url = url;
    this.#connect();
  }

  flood(rate) {
    this.pace = new Pace(rate / AT_ONCE, () => this.#salvo());
    this.pace.start();
  }

  stop() {
    this.pace.stop();
    return this.counts;
  }

  onOpen() {
    this.wire.send(JSON.stringify({ type: 'hello', data: { client_id: 'flooder' } }));
    this.#joined = true;
  }

  onText() {
    this.counts.answers++;
  }

  onRead() {}

  onClose() {
    this.#joined = false;
    this.counts.closed++;
    setTimeout(() => this.#connect(), BACK_AFTER);
  }

  #connect() {
    this.wire = new RawWebSocket(this.url, this, addressOf(BLOCK, 0));
  }

  #salvo() {
    const full = !this.#joined || this.wire.socket.writableLength > FULL;
    if (!full) this.wire.socket.write(SALVO);
    this.counts[full ? 'unsent' : 'sent'] += AT_ONCE;
  }
}

let flooder;
serve({
  open: ({ url }) => void (flooder = new Flooder(url)),
  flood: ({ rate }) => flooder.flood(rate),
  stop: () => flooder.stop(),
});
