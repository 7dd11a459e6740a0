import { once } from 'node:events';
import { ClientOptions, WebSocket } from 'ws';
import { readEvents } from './raw-http.js';
import { until } from './until.js';

/** A WebSocket that keeps every frame it gets, parsed; for native clients and for Phoenix. */
export class Talker {
  readonly frames: any[] = [];
  /** The close code, once it is closed. */
  code: number | undefined;
  private ref = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', data => this.frames.push(JSON.parse((data as Buffer).toString())));
    socket.on('close', code => (this.code = code));
    socket.on('error', () => undefined);
  }

  static async open(url: string, params: Record<string, string> = {}, options: ClientOptions = {}): Promise<Talker> {
    const query = new URLSearchParams(params).toString();
    const talker = new Talker(new WebSocket(query ? `${url}?${query}` : url, options));
    await once(talker.socket, 'open');
    return talker;
  }

  /** A native client that has joined; its `connected` is the first of its frames. */
  static async native(url: string, hello: object, options: ClientOptions = {}): Promise<Talker> {
    const talker = await Talker.open(url, {}, options);
    talker.send({ type: 'hello', data: hello });
    await until(() => talker.frames.length > 0 || talker.code !== undefined, 'an answer to hello');
    return talker;
  }

  static phoenix(wsUrl: string, params: Record<string, string> = {}): Promise<Talker> {
    return Talker.open(`${wsUrl}/websocket`, { vsn: '2.0.0', ...params });
  }

  get connected(): any {
    return this.frames.find(({ type, payload }) => type === 'connection_status' && payload.status === 'connected')
      ?.payload;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Pushes to the channel of the gateway. @returns the ref of the push */
  push(event: string, payload: object, joinRef = '1'): string {
    const ref = `r${++this.ref}`;
    this.send([joinRef, ref, 'mcp:gateway', event, payload]);
    return ref;
  }

  /** The response of the reply to a push. */
  async reply(ref: string): Promise<any> {
    const find = (): any => this.frames.find(frame => frame[1] === ref && frame[3] === 'phx_reply');
    await until(() => find() !== undefined || this.code !== undefined, `the reply to ${ref}`);
    return find()?.[4];
  }

  /** Pings there and back: what was sent before has been handled. */
  async settled(): Promise<void> {
    const id = `settled ${++this.ref}`;
    this.send({ id, type: 'heartbeat' });
    await until(() => this.frames.some(frame => frame.id === id), 'the heartbeat');
  }

  async close(): Promise<void> {
    if (this.code !== undefined) return;
    this.socket.close();
    await until(() => this.code !== undefined, 'the close');
  }
}

/** A native event stream: its response, and everything that came. */
export class Listener {
  readonly events: any[] = [];
  ended = false;
  private readonly abort = new AbortController();

  static async open(sseUrl: string, params: Record<string, string>, headers: Record<string, string> = {}) {
    const listener = new Listener();
    const url = `${sseUrl}?${new URLSearchParams(params).toString()}`;
    const response = await fetch(url, { headers, signal: listener.abort.signal });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    void readEvents(response, event => (listener.events.push(event), false)).then(() => (listener.ended = true));
    await until(() => listener.connected !== undefined || listener.ended, 'connected');
    return listener;
  }

  get connected(): any {
    return this.events.find(({ event }) => event === 'connected')?.message;
  }

  post(sseUrl: string, body: unknown): Promise<Response> {
    return fetch(new URL(this.connected.endpoint, sseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  close(): void {
    this.abort.abort();
  }
}

export async function publish(mcpUrl: string, client: string, message: unknown): Promise<any> {
  return postJson(`${mcpUrl}/clients/${client}/messages`, message);
}

export async function postJson(url: string, body: unknown): Promise<any> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** The values of one metric, by its label (or ''). */
export async function gauge(managementUrl: string, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const rows = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    rows.map(row => {
      const [, label = '', value = ''] = /^[\w]+(?:\{[^"]*"([^"]*)".*\})? (\S+)$/.exec(row) ?? [];
      return [label, Number(value)];
    }),
  );
}
