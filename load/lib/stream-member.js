/** One of a crowd: a client of the native event stream that only listens, to see what it costs to hold one. */
import { RawEventStream } from './raw-event-stream.js';

export class StreamMember {
  joined = false;
  received = 0;

  constructor(index, arrivals) {
    this.index = index;
    this.arrivals = arrivals;
  }

  /** Resolves when the stream has said `connected`. */
  join(url) {
    return new Promise((resolve, reject) => {
      this.onJoined = resolve;
      this.onRefused = reject;
      this.wire = new RawEventStream(`${url}?client_id=c${this.index}`, this);
    });
  }

  onEvent(name) {
    if (name === 'connected') {
      this.joined = true;
      this.onJoined();
    } else if (name === 'message') {
      this.received++;
    }
  }

  onClose(why) {
    if (this.leaving) return;
    if (this.joined) this.arrivals.blame(`streams lost: ${why}`);
    this.joined = false;
    this.onRefused(new Error(why));
  }

  leave() {
    this.leaving = true;
    this.wire.reset();
  }
}
