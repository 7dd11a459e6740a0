/** An event stream's reader that sees no more than the names of its events, with as little around it as RawWebSocket. */
import { connect } from 'node:net';

const READ = Buffer.allocUnsafeSlow(65_536);

export class RawEventStream {
  #streaming = false;
  #rest = '';
  #why = 'the stream was closed';

  /** @param listener `onEvent(name)` and `onClose(why)`, the latter also where the request was refused */
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
    return true;
  }

  #line(line) {
    if (!this.#streaming) {
      this.#streaming = line.startsWith('HTTP/1.1 200 ');
      if (this.#streaming) return;
      this.#why = `refused: ${line}`;
      return this.reset();
    }
    const [, name] = /^event: ?(\S+)/.exec(line) ?? [];
    if (name !== undefined) this.listener.onEvent(name);
  }
}
