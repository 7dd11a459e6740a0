/**
 * Clients that lose their connection and come back. All have
 *   open()             resolves when the client has joined
 *   pause()            reads nothing more from the connection that is there
 *   reset()            breaks it, from the client's side
 *   close()            ends it for good
 *   onMessage(sequence)   set by the caller: a message is dispatched
 *   onAttempt()        set by the caller: the client begins to connect
 * and `broken`: what must not happen and did.
 */
import { WebSocket } from 'ws';
import { Finder } from './finder.js';
import { digits } from './payload.js';
import { RawWebSocket } from './raw-websocket.js';

/** Milliseconds for the first connection. */
const OPENS_WITHIN = 10_000;

const SEQUENCE = new Finder('"sequence":');

/** Comes back at once, and says where it stands; nothing a client can do is faster. */
export class RawResumer {
  static title = 'raw client, back at once';
  broken = [];
  #position = {};
  #acked;
  #closed = false;

  constructor(url, clientId) {
    this.url = url;
    this.clientId = clientId;
  }

  open() {
    return within(
      OPENS_WITHIN,
      new Promise(resolve => {
        this.onWelcome = resolve;
        this.#connect();
      }),
    );
  }

  #connect() {
    this.onAttempt();
    this.wire = new RawWebSocket(this.url, this);
  }

  onOpen() {
    this.wire.send(
      JSON.stringify({ type: 'hello', data: { client_id: this.clientId, acks: true, ...this.#position } }),
    );
  }

  onText(data, start, end) {
    const at = SEQUENCE.behind(data, start, end);
    if (at === -1) return this.#control(JSON.parse(data.toString('utf8', start, end)));
    const sequence = digits(data, at);
    if (sequence <= this.#position.last) return;
    this.#position.last = sequence;
    this.onMessage(sequence);
  }

  onRead() {
    const { last } = this.#position;
    if (last === this.#acked || last === undefined) return;
    this.#acked = last;
    this.wire.send(JSON.stringify({ type: 'ack', sequence: last }));
  }

  onClose(_code, why) {
    if (this.#closed) return;
    if (!this.wire.upgraded) this.broken.push(why);
    // A server that refuses is not asked without end.
    if (this.broken.length < 10) this.#connect();
  }

  #control({ type, payload, error, message }) {
    if (type === 'connection_status' && payload.status === 'connected') {
      this.#position = { epoch: payload.epoch, last: this.#position.last ?? payload.next - 1 };
      this.#acked ??= this.#position.last;
      this.onWelcome();
    } else if (type === 'error') {
      this.broken.push(`${error}: ${message}`);
    } else if (type === 'gap') {
      this.broken.push(`gap: ${payload.reason}`);
    }
  }

  pause() {
    this.wire.pause();
  }

  reset() {
    this.wire.reset();
  }

  close() {
    this.#closed = true;
    this.wire.reset();
  }
}

/** Our own client as everybody gets it, with its own back-off. */
export class OurResumer {
  static title = 'our client (`ViableClient`)';
  broken = [];

  /** @param ViableClient from dist, which need not be there for the others */
  constructor(url, clientId, ViableClient) {
    const onSocket = socket => {
      this.socket = socket;
      this.onAttempt();
    };
    class Watched extends WebSocket {
      constructor(...given) {
        super(...given);
        onSocket(this);
      }
    }
    this.client = new ViableClient({ url, clientId, WebSocket: Watched });
    this.client.on('message', ({ sequence }) => this.onMessage(sequence));
    this.client.on('gap', ({ reason }) => this.broken.push(`gap: ${reason}`));
    this.client.on('error', ({ message }) => this.broken.push(message));
  }

  open() {
    return within(OPENS_WITHIN, this.client.connect());
  }

  /** A stream that is paused reads on until its buffer is full, and gives that out when it ends: the handle must stop. */
  pause() {
    this.socket._socket._handle.readStop();
  }

  reset() {
    this.socket._socket.resetAndDestroy();
  }

  close() {
    this.client.close();
  }
}

async function within(ms, promise) {
  let late;
  const tooLate = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`a client has not joined within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(late);
  }
}
