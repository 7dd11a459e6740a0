/** An event stream's reader that sees the names of its events and their data, with as little around it as RawWebSocket. */
import { connect } from 'node:net';

const READ = Buffer.allocUnsafeSlow(65_536);

export class RawEventStream {
  #streaming = false;
  #rest = '';
  #why = 'the stream was closed';

  /** @param listener `onEvent(name)`, `onData(text)`, `onRead()` when all of one read was handed on, and `onClose(why)`, the latter also where the request was refused */
  constructor(url, listener) {
    const { hostname, port, pathname, search } = new URL(url);
    this.listener = listener;
    const onread = { buffer: READ, callback: count => this.#read(READ.latin1Slice(0, count)) };
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    this.socket.on('error', error => (this.#why = error.message));
    this.socket.once('close', () => listener.onClose(this.#why));
    this.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: text/event-stream\r\n` +
        'Cache-Control: no-cache\r\n\r\n',
    );
  }

  reset() {
    this.socket.resetAndDestroy();
  }

  #read(chunk) {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
    this.listener.onRead();
    return true;
  }

  #line(line) {
    if (!this.#streaming) {
      this.#streaming = line.startsWith('HTTP/1.1 200 ');
      if (this.#streaming) return;
      this.#why = `refused: ${line}`;
      return this.reset();
    }
    // Chunked encoding puts its own lines in between; they begin like neither of these.
    if (line.startsWith('event: ')) this.listener.onEvent(line.slice('event: '.length).trimEnd());
    else if (line.startsWith('data: ')) this.listener.onData(line);
  }
}
