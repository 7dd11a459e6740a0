/**
 * The load generators: one MCP session each, as little between the loop and the wire as possible. All have
 *   ask(id, text, onAnswer)  sends a request; `onAnswer` gets the parsed answer, or undefined if the wire failed
 *   close()                  ends the session
 */
import { once } from 'node:events';
import { Client } from 'undici';
import { WebSocket } from 'ws';
import { INITIALIZE, INITIALIZED, PROTOCOL_VERSION } from './messages.js';
import { LEAN_UNIT, startChild } from '../processes/processes.js';

export function ask(client, id, text) {
  return new Promise((resolve, reject) => {
    client.ask(id, text, answer => (answer?.result ? resolve(answer) : reject(new Error(describe(answer)))));
  });
}

function describe(answer) {
  return `initialize failed: ${JSON.stringify(answer?.error ?? 'no answer')}`;
}

/** Answers come in any order on a wire that all requests share; they are told apart by their id. */
export class Waiting {
  callbacks = new Map();
  /** Gets every answer that nobody here has asked for. */
  onStray = () => undefined;

  add(id, onAnswer) {
    this.callbacks.set(id, onAnswer);
  }

  settle(text) {
    const message = JSON.parse(text);
    if (message.method !== undefined) return;
    const onAnswer = this.callbacks.get(message.id) ?? this.onStray;
    this.callbacks.delete(message.id);
    onAnswer(message);
  }

  /** What asked was not taken: it will have no answer. */
  drop(id) {
    const onAnswer = this.callbacks.get(id);
    this.callbacks.delete(id);
    onAnswer?.(undefined);
  }

  /** The wire is gone: nobody waits in vain. */
  fail() {
    const callbacks = [...this.callbacks.values()];
    this.callbacks.clear();
    for (const onAnswer of callbacks) onAnswer(undefined);
  }
}

/** A unit of its own, spoken to directly. */
export class StdioClient {
  waiting = new Waiting();

  /** @param args of the Node process that is the unit */
  static async open(args = [LEAN_UNIT, 'stdio']) {
    const client = new StdioClient();
    client.start(args);
    await ask(client, 0, INITIALIZE);
    client.write(INITIALIZED);
    return client;
  }

  start(args) {
    this.child = startChild(args, { stdin: 'pipe', stderr: 'ignore' });
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

  /** Gone, without the closing handshake. */
  vanish() {
    this.socket.terminate();
  }
}

/**
 * Streamable HTTP over undici's dispatcher, below its `request` and `fetch`. One kept-alive socket for each call that
 * is in flight at a time.
 */
export class HttpClient {
  headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  sockets = [];
  idle = [];
  /** What the server said when it last did not answer a request, for people. */
  failure = undefined;

  /**
   * @param inFlight sockets to begin with; more are made when they are needed
   * @param socketOptions of undici's Client
   * @param initialize the request, with id 0
   */
  static async open(url, inFlight = 1, socketOptions = {}, initialize = INITIALIZE) {
    const client = new HttpClient();
    const { origin, pathname, search } = new URL(url);
    client.socketOptions = { keepAliveTimeout: 60_000, bodyTimeout: 0, ...socketOptions };
    client.origin = origin;
    client.path = pathname + search;
    for (let i = 0; i < inFlight; i++) client.idle.push(client.socket());
    try {
      await ask(client, 0, initialize);
      client.headers['mcp-protocol-version'] = PROTOCOL_VERSION;
      await new Promise(resolve => client.ask(undefined, INITIALIZED, resolve));
    } catch (thrown) {
      await client.vanish();
      throw new Error(`${thrown.message} (${client.failure ?? 'no reason'})`);
    }
    return client;
  }

  socket() {
    const socket = new Client(this.origin, this.socketOptions);
    this.sockets.push(socket);
    return socket;
  }

  ask(_id, text, onAnswer, method = 'POST') {
    const socket = this.idle.pop() ?? this.socket();
    socket.dispatch(
      { method, path: this.path, headers: this.headers, body: text },
      new Exchange(this, answer => {
        this.idle.push(socket);
        onAnswer(answer);
      }),
    );
  }

  /** Opens the stream for what the server says unasked, as MCP clients do. Resolves with the status of the answer. */
  listen() {
    const { 'content-type': _, ...headers } = this.headers;
    return new Promise(resolve => {
      const asked = { method: 'GET', path: this.path, headers: { ...headers, accept: 'text/event-stream' } };
      this.socket().dispatch(asked, {
        onRequestStart() {},
        onResponseStart: (_controller, status) => resolve(status),
        onResponseData() {},
        onResponseEnd() {},
        onResponseError: () => resolve(undefined),
      });
    });
  }

  async close() {
    await new Promise(resolve => this.ask(undefined, null, resolve, 'DELETE'));
    // What is still in flight had its time: `close` would wait for it.
    await this.vanish();
  }

  /** Gone without DELETE. */
  async vanish() {
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
    if (this.status === 200 && this.body !== '') {
      return this.onAnswer(JSON.parse(this.streamed ? lastData(this.body) : this.body) ?? undefined);
    }
    if (this.status >= 400) this.client.failure = `${this.status} ${this.body}`;
    this.onAnswer(undefined);
  }

  onResponseError(_controller, error) {
    this.client.failure = error.message;
    this.onAnswer(undefined);
  }
}

/** An answer that takes the gateway long comes as an event stream, with the answer in its last event. */
function lastData(stream) {
  const data = stream.split('\n').filter(line => line.startsWith('data: {'));
  return data.at(-1)?.slice('data: '.length) ?? 'null';
}
