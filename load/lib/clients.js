/**
 * The load generators: one MCP session each, as little between the loop and the wire as possible. All have
 *   ask(id, text, onAnswer)  sends a request; `onAnswer` gets the parsed answer, or undefined if the wire failed
 *   close()                  ends the session
 */
import { once } from 'node:events';
import { Client } from 'undici';
import { WebSocket } from 'ws';
import { INITIALIZE, INITIALIZED, PROTOCOL_VERSION } from './messages.js';
import { LEAN_UNIT, startChild } from './processes.js';

function ask(client, id, text) {
  return new Promise((resolve, reject) => {
    client.ask(id, text, answer => (answer?.result ? resolve(answer) : reject(new Error(describe(answer)))));
  });
}

function describe(answer) {
  return `initialize failed: ${JSON.stringify(answer?.error ?? 'no answer')}`;
}

/** Answers come in any order on a wire that all requests share; they are told apart by their id. */
class Waiting {
  callbacks = new Map();

  add(id, onAnswer) {
    this.callbacks.set(id, onAnswer);
  }

  settle(text) {
    const message = JSON.parse(text);
    const onAnswer = this.callbacks.get(message.id);
    this.callbacks.delete(message.id);
    onAnswer?.(message);
  }

  /** The wire is gone: nobody waits in vain. */
  fail() {
    const callbacks = [...this.callbacks.values()];
    this.callbacks.clear();
    for (const onAnswer of callbacks) onAnswer(undefined);
  }
}

/** A lean unit of its own, spoken to directly. */
export class StdioClient {
  waiting = new Waiting();

  static async open() {
    const client = new StdioClient();
    client.start();
    await ask(client, 0, INITIALIZE);
    client.write(INITIALIZED);
    return client;
  }

  start() {
    this.child = startChild([LEAN_UNIT, 'stdio'], { stdin: 'pipe' });
    const { stdin, stdout } = this.child.process;
    stdin.on('error', () => undefined);
    let rest = '';
    stdout.setEncoding('utf8').on('data', chunk => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) this.waiting.settle(line);
    });
    stdout.on('close', () => this.waiting.fail());
  }

  ask(id, text, onAnswer) {
    this.waiting.add(id, onAnswer);
    this.write(text);
  }

  write(text) {
    this.child.process.stdin.write(`${text}\n`);
  }

  async close() {
    await this.child.end();
  }
}

/** Raw `ws`, without compression, subprotocol `mcp`. */
export class WebSocketClient {
  waiting = new Waiting();

  static async open(url) {
    const client = new WebSocketClient();
    client.socket = new WebSocket(url, 'mcp', { perMessageDeflate: false });
    await once(client.socket, 'open');
    client.socket.on('message', data => client.waiting.settle(data.toString('utf8')));
    client.socket.on('error', () => undefined);
    client.socket.on('close', () => client.waiting.fail());
    await ask(client, 0, INITIALIZE);
    client.socket.send(INITIALIZED);
    return client;
  }

  ask(id, text, onAnswer) {
    this.waiting.add(id, onAnswer);
    this.socket.send(text);
  }

  async close() {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await once(this.socket, 'close');
  }
}

/**
 * Streamable HTTP over undici's dispatcher, below its `request` and `fetch`. One kept-alive socket for each call that
 * may be in flight.
 */
export class HttpClient {
  headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  idle = [];

  static async open(url, inFlight) {
    const client = new HttpClient();
    const { origin, pathname, search } = new URL(url);
    client.path = pathname + search;
    client.sockets = Array.from({ length: inFlight }, () => new Client(origin, { keepAliveTimeout: 60_000 }));
    client.idle = [...client.sockets];
    await ask(client, 0, INITIALIZE);
    client.headers['mcp-protocol-version'] = PROTOCOL_VERSION;
    await new Promise(resolve => client.ask(undefined, INITIALIZED, resolve));
    return client;
  }

  ask(_id, text, onAnswer, method = 'POST') {
    const socket = this.idle.pop();
    socket.dispatch(
      { method, path: this.path, headers: this.headers, body: text },
      new Exchange(this, answer => {
        this.idle.push(socket);
        onAnswer(answer);
      }),
    );
  }

  async close() {
    if (this.idle.length > 0) await new Promise(resolve => this.ask(undefined, null, resolve, 'DELETE'));
    // What is still in flight had its time: `close` would wait for it.
    await Promise.all(this.sockets.map(socket => socket.destroy()));
  }
}

/** One request and its answer, as undici tells it. */
class Exchange {
  body = '';

  constructor(client, onAnswer) {
    this.client = client;
    this.onAnswer = onAnswer;
  }

  onRequestStart() {}

  onResponseStart(_controller, status, headers) {
    this.status = status;
    this.streamed = headers['content-type']?.startsWith('text/event-stream') ?? false;
    if (headers['mcp-session-id']) this.client.headers['mcp-session-id'] = headers['mcp-session-id'];
  }

  /** Everything here is ASCII, so a chunk cannot end within a character. */
  onResponseData(_controller, chunk) {
    this.body += chunk.latin1Slice(0, chunk.length);
  }

  onResponseEnd() {
    if (this.status !== 200 || this.body === '') return this.onAnswer(undefined);
    this.onAnswer(JSON.parse(this.streamed ? lastData(this.body) : this.body));
  }

  onResponseError() {
    this.onAnswer(undefined);
  }
}

/** An answer that takes the gateway long comes as an event stream, with the answer in its last event. */
function lastData(stream) {
  const data = stream.split('\n').filter(line => line.startsWith('data: {'));
  return data.at(-1)?.slice('data: '.length) ?? 'null';
}
