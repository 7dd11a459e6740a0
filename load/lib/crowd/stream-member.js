/** One of a crowd: a client of the native event stream that listens and checks that it misses and repeats nothing. */
import { Finder } from './finder.js';
import { Member } from './member.js';
import { RawEventStream } from './raw-event-stream.js';

const SEQUENCE = new Finder('"sequence":');

export class StreamMember extends Member {
  #event;

  /** Resolves when the stream has said `connected`. */
  join(url) {
    return new Promise((resolve, reject) => {
      this.onJoined = resolve;
      this.onRefused = reject;
      this.wire = new RawEventStream(`${url}?client_id=c${this.index}`, this);
    });
  }

  onEvent(name) {
    this.#event = name;
    if (name === 'gap') this.arrivals.blame('gap');
    if (name !== 'connected') return;
    this.joined = true;
    this.onJoined();
  }

  onData(line) {
    if (this.#event !== 'message') return;
    const data = Buffer.from(line, 'latin1');
    // A stream does not say which number comes next.
    this.next ??= this.#sequenceIn(data);
    this.onText(data, 0, data.length);
  }

  #sequenceIn(data) {
    const start = SEQUENCE.behind(data, 0, data.length);
    return Number.parseInt(data.latin1Slice(start, start + 20), 10);
  }
}
