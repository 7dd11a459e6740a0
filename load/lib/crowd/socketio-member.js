/** One of a crowd at a Socket.IO server: Engine.IO 4 and Socket.IO 5 as far as a listener needs them. */
import { Member } from './member.js';

/** First bytes of packets: Engine.IO open, ping, message; Socket.IO connected, refused, event. */
const [OPEN, PING, MESSAGE] = [0x30, 0x32, 0x34];
const [CONNECTED, EVENT, REFUSED] = [0x30, 0x32, 0x34];

export class SocketIoMember extends Member {
  /** It says who it is when the server has opened the session. */
  onOpen() {}

  onText(data, start, end) {
    if (data[start] === OPEN) return this.wire.send(`40${JSON.stringify({ client_id: `c${this.index}` })}`);
    if (data[start] === PING) return this.wire.send('3');
    if (data[start] !== MESSAGE) return this.#unexpected(data, start, end);
    if (data[start + 1] === EVENT) return super.onText(data, start + 2, end);
    if (data[start + 1] === REFUSED) return this.onRefused(new Error(data.toString('utf8', start, end)));
    if (data[start + 1] !== CONNECTED) return this.#unexpected(data, start, end);
    this.joined = true;
    this.next = 0;
    this.onJoined();
  }

  #unexpected(data, start, end) {
    this.arrivals.blame(`unexpected packets: ${data.toString('utf8', start, Math.min(end, start + 40))}`);
  }
}
