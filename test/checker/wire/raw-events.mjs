import { request } from 'node:http';

/**
 * An event stream from the socket up (HTML, 9.2.6), which can stop reading and go with an RST. `on`: `open()`,
 * `event({ event, data, id })`, `end({ reason, status, body })`.
 */
export class RawEvents {
  gone = false;
  #text = '';

  constructor(url, headers, on) {
    this.on = on;
    this.request = request(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } });
    this.request.on('response', response => this.#opened(response));
    this.request.on('error', error => this.#end({ reason: error.code ?? error.message }));
    this.request.end();
  }

  #opened(response) {
    const { statusCode: status } = response;
    this.response = response;
    response.setEncoding('utf8');
    response.on('error', error => this.#end({ reason: error.code }));
    response.on('close', () => this.#end(status === 200 ? { reason: 'closed' } : { status, body: this.#text }));
    if (status !== 200) return void response.on('data', text => (this.#text += text));
    response.on('data', text => this.#take(text));
    this.on.open();
  }

  #end(how) {
    if (this.gone) return;
    this.gone = true;
    this.on.end(how);
  }

  #take(text) {
    const data = this.#text + text;
    let at = 0;
    while (!this.gone) {
      const end = data.indexOf('\n\n', at);
      if (end < 0) break;
      this.#event(data.slice(at, end));
      at = end + 2;
    }
    // What is not a whole event yet; at the end of the stream it is thrown away.
    this.#text = data.slice(at);
  }

  #event(block) {
    const fields = { event: 'message', data: [] };
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const value = line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
      const name = line.slice(0, colon);
      if (name === 'data') fields.data.push(value);
      else fields[name] = value;
    }
    if (fields.data.length > 0) this.on.event({ ...fields, data: fields.data.join('\n') });
  }

  /** As an EventSource closes: no word, no RST of ours. */
  close() {
    this.request.destroy();
    this.#end({ reason: 'closed' });
  }

  reset() {
    const { socket } = this.request;
    if (socket && !socket.connecting) socket.resetAndDestroy();
    this.close();
  }

  pause() {
    this.response?.pause();
  }

  resume() {
    this.response?.resume();
  }
}
