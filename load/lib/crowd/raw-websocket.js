/**
 * A WebSocket client (RFC 6455) with as little as possible between it and the socket: ten thousand of them must cost less
 * than the server they listen to. All read into one buffer; frames are handed on as places in it, not as objects.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const READ = Buffer.allocUnsafeSlow(65_536);
export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };
/** Of a closed connection that said nothing (RFC 6455 §7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** A masked frame; the mask is all zeros, which the RFC allows and which costs nothing. */
export function frame(opcode, body) {
  const { length } = body;
  const header = length < 126 ? 2 : 4;
  const data = Buffer.allocUnsafe(header + 4 + length);
  data[0] = 0x80 | opcode;
  data[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) data.writeUInt16BE(length, 2);
  data.fill(0, header, header + 4);
  body.copy(data, header + 4);
  return data;
}

/**
 * What it hears it tells its listener:
 *   onOpen()                   the handshake is done
 *   onText(data, start, end)   a text frame; the bytes are there only during the call
 *   onRead()                   all frames of one read have been handed on
 *   onClose(code, why)         gone, for whatever reason; `why` is for people
 */
export class RawWebSocket {
  upgraded = false;
  #rest;
  #code = NO_CLOSE_FRAME;
  #why = 'the connection was closed';

  /** @param localAddress to come from, where this machine has several */
  constructor(url, listener, localAddress) {
    const { hostname, port, pathname, search } = new URL(url);
    this.listener = listener;
    const onread = { buffer: READ, callback: count => this.#read(count) };
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true, onread, localAddress });
    this.socket.on('error', error => (this.#why = error.message));
    this.socket.once('close', () => listener.onClose(this.#code, this.#why));
    this.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
  }

  /** @param text ASCII or not, at most 65,535 bytes */
  send(text) {
    this.socket.write(frame(OPCODE.text, Buffer.from(text)));
  }

  /** Reads nothing more; what comes stays in the kernel. */
  pause() {
    this.socket.pause();
  }

  resume() {
    this.socket.resume();
  }

  /** Gone with an RST: the other side sees a broken connection, and the port is free at once. */
  reset() {
    this.socket.resetAndDestroy();
  }

  #read(count) {
    let data = READ;
    let end = count;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, READ.subarray(0, count)]);
      end = data.length;
      this.#rest = undefined;
    }
    let start = this.upgraded ? 0 : this.#handshake(data, end);
    if (start !== -1) {
      start = this.#frames(data, start, end);
      this.listener.onRead();
    }
    // READ is everybody's: what is not complete must be kept elsewhere.
    if (start < end) this.#rest = Buffer.from(data.subarray(Math.max(0, start), end));
    return true;
  }

  /** Where the first frame begins, or -1 while the answer is not complete. */
  #handshake(data, end) {
    const answer = data.latin1Slice(0, end);
    const length = answer.indexOf('\r\n\r\n');
    if (length === -1) return -1;
    if (!answer.startsWith('HTTP/1.1 101 ')) {
      this.#why = `refused: ${answer.slice(0, 12)} ${answer.slice(length + 4)}`;
      this.reset();
      return end;
    }
    this.upgraded = true;
    this.listener.onOpen();
    return length + 4;
  }

  /** Where the first frame begins that is not there as a whole. */
  #frames(data, from, end) {
    let start = from;
    while (start + 2 <= end && !this.socket.destroyed) {
      let length = data[start + 1] & 0x7f;
      let body = start + 2;
      if (length === 126) {
        body += 2;
        if (body > end) break;
        length = data.readUInt16BE(start + 2);
      } else if (length === 127) {
        body += 8;
        if (body > end) break;
        length = Number(data.readBigUInt64BE(start + 2));
      }
      if (body + length > end) break;
      this.#frame(data[start], data, body, body + length);
      start = body + length;
    }
    return this.socket.destroyed ? end : start;
  }

  #frame(first, data, start, end) {
    if (first === (0x80 | OPCODE.text)) this.listener.onText(data, start, end);
    else if (first === (0x80 | OPCODE.ping)) this.socket.write(frame(OPCODE.pong, data.subarray(start, end)));
    else if (first === (0x80 | OPCODE.close)) this.#closing(data, start, end);
    else if (first !== (0x80 | OPCODE.pong)) this.#fail(`an unexpected frame: 0x${first.toString(16)}`);
  }

  #closing(data, start, end) {
    if (end - start >= 2) this.#code = data.readUInt16BE(start);
    this.#why = `closed: ${this.#code} ${data.latin1Slice(Math.min(start + 2, end), end)}`;
    this.socket.end(frame(OPCODE.close, data.subarray(start, Math.min(start + 2, end))));
  }

  #fail(why) {
    this.#why = why;
    this.reset();
  }
}
