/** HTTP+SSE (MCP 2024-11-05): answers come on one stream, which also says where to post. As lean as `clients.js`. */
import { Client } from 'undici';
import { ask, Waiting } from './clients.js';
import { INITIALIZE, INITIALIZED } from './messages.js';

/** Milliseconds for the stream to name its endpoint. */
const ENDPOINT_WITHIN = 10_000;
const SOCKET = { keepAliveTimeout: 60_000, bodyTimeout: 0 };
const POST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export class SseClient {
  waiting = new Waiting();
  sockets = [];
  idle = [];
  failure = undefined;

  static async open(url, inFlight = 1) {
    const client = new SseClient();
    const { origin, pathname, search } = new URL(url);
    client.origin = origin;
    try {
      client.path = await client.stream(pathname + search);
      for (let i = 0; i < inFlight; i++) client.idle.push(client.socket());
      await ask(client, 0, INITIALIZE);
      await new Promise(resolve => client.post(INITIALIZED, resolve));
    } catch (thrown) {
      await client.close();
      throw new Error(`${thrown.message} (${client.failure ?? 'no reason'})`);
    }
    return client;
  }

  /** Opens the stream; resolves with the path its `endpoint` event names. */
  stream(path) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${path} named no endpoint`)), ENDPOINT_WITHIN);
      const named = data => {
        clearTimeout(late);
        const { pathname, search } = new URL(data, this.origin);
        resolve(pathname + search);
      };
      const failed = error => {
        clearTimeout(late);
        reject(error);
        this.waiting.fail();
      };
      const events = new Events((name, data) => (name === 'endpoint' ? named(data) : this.waiting.settle(data)));
      this.socket().dispatch(
        { method: 'GET', path, headers: { accept: 'text/event-stream' } },
        {
          onRequestStart() {},
          onResponseStart: (_controller, status) => status === 200 || failed(new Error(`${path}: ${status}`)),
          onResponseData: (_controller, chunk) => events.push(chunk.latin1Slice(0, chunk.length)),
          onResponseEnd: () => failed(new Error('the stream ended')),
          onResponseError: (_controller, error) => failed(error),
        },
      );
    });
  }

  socket() {
    const socket = new Client(this.origin, SOCKET);
    this.sockets.push(socket);
    return socket;
  }

  ask(id, text, onAnswer) {
    this.waiting.add(id, onAnswer);
    this.post(text, (accepted, why) => {
      if (accepted) return;
      this.failure = why;
      this.waiting.drop(id);
    });
  }

  post(text, onDone) {
    const socket = this.idle.pop() ?? this.socket();
    let status;
    const done = (accepted, why) => {
      this.idle.push(socket);
      onDone(accepted, why);
    };
    socket.dispatch(
      { method: 'POST', path: this.path, headers: POST_HEADERS, body: text },
      {
        onRequestStart() {},
        onResponseStart: (_controller, code) => (status = code),
        onResponseData() {},
        onResponseEnd: () => done(status >= 200 && status < 300, `POST: ${status}`),
        onResponseError: (_controller, error) => done(false, error.message),
      },
    );
  }

  async close() {
    await Promise.all(this.sockets.map(socket => socket.destroy()));
  }
}

/** An event stream, taken apart. Everything here is ASCII, so a chunk cannot end within a character. */
class Events {
  rest = '';

  constructor(onEvent) {
    this.onEvent = onEvent;
  }

  push(text) {
    const events = (this.rest + text).replaceAll('\r\n', '\n').split('\n\n');
    this.rest = events.pop();
    for (const event of events) {
      const name = /^event: ?(.*)$/m.exec(event)?.[1] ?? 'message';
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      if (data) this.onEvent(name, data);
    }
  }
}
