import { request } from 'node:http';

/** RFC 6455 §5.2. */
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };
/** What the key is does not matter to the gateway, only that there is one (§5.3). */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
/** Milliseconds for the other side to answer our close frame. */
const CLOSES_WITHIN = 1_000;

/**
 * A WebSocket from the socket up, so that nothing of what is checked checks itself, and so that it can do what no
 * library offers: stop reading, and go with an RST. `on`: `open()`, `text(string)`, `end({ code, reason, status, body })`.
 */
export class RawSocket {
  gone = false;
  #rest = Buffer.alloc(0);
  #parts = [];
  #how = {};

  constructor(url, on) {
    this.on = on;
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': 13,
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    this.request = request(url.replace(/^ws/, 'http'), { agent: false, headers });
    this.request.on('upgrade', (_response, socket, head) => this.#opened(socket, head));
    this.request.on('response', response => this.#refused(response));
    this.request.on('error', error => this.#end({ reason: error.code ?? error.message }));
    this.request.end();
  }

  #opened(socket, head) {
    if (this.gone) return void socket.destroy();
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', error => (this.#how.reason ??= error.code));
    socket.on('close', () => this.#end(this.#how));
    socket.on('data', chunk => this.#take(chunk));
    this.on.open();
    if (head.length > 0) this.#take(head);
  }

  #refused(response) {
    let body = '';
    response.setEncoding('utf8').on('data', text => (body += text));
    response.on('end', () => this.#end({ status: response.statusCode, body }));
    response.on('error', () => this.#end({ status: response.statusCode }));
  }

  #end(how) {
    if (this.gone) return;
    this.gone = true;
    this.on.end(how);
  }

  #take(chunk) {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (!this.gone) {
      const frame = readFrame(data, at);
      if (frame === undefined) break;
      at = frame.end;
      this.#frame(frame);
    }
    this.#rest = data.subarray(at);
  }

  #frame({ fin, opcode, payload }) {
    if (opcode === OPCODE.ping) return this.#write(OPCODE.pong, payload);
    if (opcode === OPCODE.close) {
      this.#how = { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.toString('utf8', 2) };
      this.#write(OPCODE.close, payload.subarray(0, 2));
      return void this.socket.end();
    }
    if (opcode > OPCODE.close) return;
    this.#parts.push(payload);
    if (!fin) return;
    const whole = this.#parts.length === 1 ? payload : Buffer.concat(this.#parts);
    this.#parts = [];
    this.on.text(whole.toString('utf8'));
  }

  #write(opcode, payload) {
    if (this.socket?.writable) this.socket.write(writeFrame(opcode, payload));
  }

  send(text) {
    this.#write(OPCODE.text, Buffer.from(text));
  }

  /** The closing handshake; what is on its way to us still comes. */
  close() {
    if (this.socket === undefined) return this.reset();
    this.#write(OPCODE.close, Buffer.from([0x03, 0xe8]));
    this.socket.resume();
    setTimeout(() => this.socket.destroy(), CLOSES_WITHIN).unref();
  }

  /** RST: the other side learns of it by an error. */
  reset() {
    if (this.socket === undefined) this.request.destroy();
    else this.socket.resetAndDestroy();
    this.#end({ reason: 'reset' });
  }

  pause() {
    this.socket?.pause();
  }

  resume() {
    this.socket?.resume();
  }
}

/** The frame that begins at this place, or undefined if it is not all there. */
function readFrame(data, at) {
  if (data.length < at + 2) return undefined;
  const short = data[at + 1] & 0x7f;
  const head = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
  if (data.length < head) return undefined;
  const long = short === 127 ? Number(data.readBigUInt64BE(at + 2)) : short;
  const length = short === 126 ? data.readUInt16BE(at + 2) : long;
  const end = head + length;
  if (data.length < end) return undefined;
  return { fin: (data[at] & 0x80) !== 0, opcode: data[at] & 0x0f, payload: data.subarray(head, end), end };
}

function writeFrame(opcode, payload) {
  const { length } = payload;
  const long = length > 125;
  if (length > 0xffff) throw new Error('no client here has that much to say');
  const frame = Buffer.alloc((long ? 8 : 6) + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (long ? 126 : length);
  if (long) frame.writeUInt16BE(length, 2);
  MASK.copy(frame, long ? 4 : 2);
  const start = long ? 8 : 6;
  for (let i = 0; i < length; i++) frame[start + i] = payload[i] ^ MASK[i & 3];
  return frame;
}
