import { once } from 'node:events';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import { until } from './until.js';

/** Parameters of a URL. */
export type Params = Readonly<Record<string, string | number | boolean>>;

export interface Envelope {
  id: string;
  sequence: number;
  type: string;
  event?: string;
  topic?: string;
  priority: string;
  payload: any;
}

/** What native clients have in common, however their frames come. */
export abstract class ChannelClient {
  /** Everything that came, parsed: frames, or `{type, payload}` for the events of a stream. */
  readonly frames: any[] = [];

  /** The payload of `connected`. */
  abstract get welcome(): any;
  abstract get messages(): Envelope[];
  abstract get isClosed(): boolean;
  abstract say(frame: object): Promise<any>;
  abstract leave(): void;

  get sequences(): number[] {
    return this.messages.map(({ sequence }) => sequence);
  }

  /** The `body` of each message's payload. */
  get bodies(): unknown[] {
    return this.messages.map(({ payload }) => payload.body ?? payload);
  }

  /** Payloads of the frames of one type. */
  told(type: string): any[] {
    return this.frames.filter(frame => frame.type === type && frame.sequence === undefined).map(each => each.payload);
  }

  async joined(): Promise<this> {
    await until(() => this.welcome !== undefined || this.isClosed, 'the welcome');
    if (this.welcome === undefined) throw new Error(`not let in: ${JSON.stringify(this.frames)}`);
    return this;
  }

  async got(count: number): Promise<Envelope[]> {
    await until(() => this.messages.length >= count, `${count} messages, where ${this.messages.length} have come`);
    return this.messages;
  }
}

/** A native client on a WebSocket. */
export class NativeClient extends ChannelClient {
  closed: { code: number; reason: string } | undefined;
  private lastId = 0;

  protected constructor(readonly socket: WebSocket) {
    super();
    socket.on('message', data => this.frames.push(JSON.parse((data as Buffer).toString())));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  /** A connection that has said nothing yet. */
  static async open(url: string, params: Params = {}, headers: Record<string, string> = {}): Promise<NativeClient> {
    const client = new NativeClient(new WebSocket(withParams(url, params), { headers }));
    await once(client.socket, 'open');
    return client;
  }

  /** One that has said hello, and has been let in. */
  static async join(url: string, hello: object, headers: Record<string, string> = {}): Promise<NativeClient> {
    const client = await NativeClient.open(url, {}, headers);
    client.send({ type: 'hello', data: hello });
    return client.joined();
  }

  get welcome(): any {
    return this.told('connection_status').find(({ status }) => status === 'connected');
  }

  get messages(): Envelope[] {
    return this.frames.filter(({ sequence, timestamp }) => sequence !== undefined && timestamp !== undefined);
  }

  get isClosed(): boolean {
    return this.closed !== undefined;
  }

  get errors(): any[] {
    return this.frames.filter(({ type }) => type === 'error');
  }

  send(frame: object | string | Buffer): void {
    const isRaw = typeof frame === 'string' || Buffer.isBuffer(frame);
    this.socket.send(isRaw ? frame : JSON.stringify(frame));
  }

  /** Sends it, with an id if it has none. @returns the answer */
  async say(frame: object): Promise<any> {
    const { id = `say-${++this.lastId}` } = frame as { id?: unknown };
    this.send({ id, ...frame });
    const answer = (): any => this.frames.find(each => each.id === id && /^(ack|error)$/.test(each.type));
    await until(() => answer() !== undefined, `an answer to ${JSON.stringify(frame).slice(0, 100)}`);
    return answer();
  }

  ack(sequence: number): void {
    this.send({ type: 'ack', sequence });
  }

  async ended(): Promise<{ code: number; reason: string }> {
    await until(() => this.isClosed, 'the close');
    return this.closed!;
  }

  leave(): void {
    this.socket.close();
  }

  /** Without a close frame. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A client of Phoenix, serializer v2, without the library: it sends what one likes. */
export class PhoenixClient extends NativeClient {
  private lastRef = 0;
  private joinRef: string | null = null;

  /** @param authToken as the library sends it: as a subprotocol */
  static override async open(url: string, params: Params = {}, authToken?: unknown): Promise<PhoenixClient> {
    const address = withParams(`${url}/websocket`, { vsn: '2.0.0', ...params });
    const encoded = typeof authToken === 'string' ? Buffer.from(authToken).toString('base64url') : undefined;
    const protocols = encoded === undefined ? [] : ['phoenix', `base64url.bearer.phx.${encoded}`];
    const client = new PhoenixClient(new WebSocket(address, protocols));
    await once(client.socket, 'open');
    return client;
  }

  static override async join(url: string, payload: object, params: Params = {}): Promise<PhoenixClient> {
    const client = await PhoenixClient.open(url, params);
    const reply = await client.push('phx_join', payload);
    if (reply.status !== 'ok') throw new Error(`not let in: ${JSON.stringify(reply)}`);
    return client;
  }

  override get welcome(): any {
    return this.replies.findLast(({ status, response }) => status === 'ok' && response.session_id)?.response;
  }

  override get messages(): Envelope[] {
    return this.pushes.filter(({ payload }) => payload.sequence !== undefined).map(({ payload }) => payload);
  }

  /** What came by itself. */
  get pushes(): { event: string; payload: any }[] {
    const events = this.frames.filter(([, , topic, event]) => topic === 'mcp:gateway' && event !== 'phx_reply');
    return events.map(([, , , event, payload]) => ({ event, payload }));
  }

  override told(type: string): any[] {
    return this.pushes.filter(({ event }) => event === type).map(({ payload }) => payload);
  }

  /** @returns the payload of the reply */
  async push(event: string, payload: unknown = {}, topic = 'mcp:gateway'): Promise<any> {
    const ref = String(++this.lastRef);
    if (event === 'phx_join') this.joinRef = ref;
    this.send(JSON.stringify([this.joinRef, ref, topic, event, payload]));
    await until(() => this.reply(ref) !== undefined, `a reply to ${event}`);
    return this.reply(ref);
  }

  override say(frame: object): Promise<any> {
    return this.push('message', frame);
  }

  private get replies(): any[] {
    return this.frames.filter(([, , , event]) => event === 'phx_reply').map(frame => frame[4]);
  }

  private reply(ref: string): any {
    return this.frames.find(([, own, , event]) => own === ref && event === 'phx_reply')?.[4];
  }
}

/** A native client on an event stream. */
export class EventClient extends ChannelClient {
  /** Ids of the events that had one. */
  readonly ids: string[] = [];
  isClosed = false;
  /** What the stream has said of when to come back. */
  retry: number | undefined;
  private readonly abort = new AbortController();

  private constructor(private readonly url: string) {
    super();
  }

  static async open(url: string, params: Params, headers: Record<string, string> = {}): Promise<EventClient> {
    const { client, response } = await EventClient.request(url, params, headers);
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    return client.joined();
  }

  /** The answer, also where it is a refusal. */
  static async request(
    url: string,
    params: Params,
    headers: Record<string, string> = {},
  ): Promise<{ client: EventClient; response: Response }> {
    const client = new EventClient(url);
    const response = await fetch(withParams(url, params), { headers, signal: client.abort.signal });
    if (response.status === 200) void client.read(response);
    return { client, response };
  }

  get welcome(): any {
    return this.told('connected')[0];
  }

  get messages(): Envelope[] {
    return this.frames.filter(({ payload }) => payload?.sequence !== undefined).map(({ payload }) => payload);
  }

  /** @returns the answers, as the response to the POST has them */
  async post(frames: unknown): Promise<any> {
    const body = typeof frames === 'string' ? frames : JSON.stringify(frames);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(this.welcome.endpoint, this.url), { method: 'POST', headers, body });
    return response.json();
  }

  async say(frame: object): Promise<any> {
    const [answer] = await this.post(frame);
    return answer;
  }

  async ended(): Promise<void> {
    await until(() => this.isClosed, 'the end of the stream');
  }

  leave(): void {
    this.abort.abort();
  }

  private async read(response: Response): Promise<void> {
    const parser = createParser({
      onEvent: ({ event = 'message', data, id }) => {
        if (id !== undefined) this.ids.push(id);
        this.frames.push({ type: event, payload: JSON.parse(data) });
      },
      onRetry: ms => (this.retry = ms),
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        parser.feed(decoder.decode(chunk, { stream: true }));
      }
    } catch {
      // Broken off by leave(), or by the gateway.
    }
    this.isClosed = true;
  }
}

export function withParams(url: string, params: Params): string {
  const full = new URL(url);
  for (const [name, value] of Object.entries(params)) full.searchParams.set(name, String(value));
  return full.href;
}

/** The series of a gateway's metrics page that begin like this, added up. */
export async function metricOf(managementUrl: string, series: string): Promise<number> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const values = text.split('\n').filter(line => line.startsWith(series) && !line.startsWith('#'));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

export interface Published {
  status: number;
  body: any;
}

/** Publishes by HTTP. @param path below /mcp/ */
export async function publish(
  mcpUrl: string,
  path: string,
  message: unknown,
  headers: Record<string, string> = {},
): Promise<Published> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  const response = await fetch(`${mcpUrl}/${path}`, init);
  return { status: response.status, body: await response.json() };
}

export function messagesOf(clientId: string): string {
  return `clients/${encodeURIComponent(clientId)}/messages`;
}
