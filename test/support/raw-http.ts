import { createParser, EventSourceMessage } from 'eventsource-parser';

/** A Streamable HTTP client that shows everything: statuses, headers, events with their ids. */
export class RawSession {
  id: string | undefined;
  private next = 1;

  constructor(
    readonly url: string,
    readonly version = '2025-11-25',
    readonly extra: Record<string, string> = {},
  ) {}

  headers(): Record<string, string> {
    return {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(this.id ? { 'mcp-session-id': this.id, 'mcp-protocol-version': this.version } : {}),
      ...this.extra,
    };
  }

  post(body: unknown, signal?: AbortSignal): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(this.url, { method: 'POST', headers: this.headers(), body: text, signal });
  }

  get(lastEventId?: string, signal?: AbortSignal): Promise<Response> {
    const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return fetch(this.url, { headers: { ...this.headers(), ...resume }, signal });
  }

  delete(): Promise<Response> {
    return fetch(this.url, { method: 'DELETE', headers: this.headers() });
  }

  request(method: string, params: object = {}, signal?: AbortSignal): Promise<Response> {
    return this.post({ jsonrpc: '2.0', id: this.next++, method, params }, signal);
  }

  /** The JSON-RPC message that answers a POST, however it came. */
  async answerOf(response: Response): Promise<any> {
    if (response.headers.get('content-type')?.includes('json')) return response.json();
    const events = await readEvents(response, ({ message }) => message !== undefined && message.method === undefined);
    return events.at(-1)?.message;
  }

  async initialize(capabilities: object = {}): Promise<Record<string, any>> {
    const clientInfo = { name: 'raw', version: '1' };
    const response = await this.request('initialize', { protocolVersion: this.version, capabilities, clientInfo });
    this.id = response.headers.get('mcp-session-id') ?? undefined;
    const body = (await response.json()) as Record<string, any>;
    if (this.id !== undefined) await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return body;
  }
}

export type ReadEvent = EventSourceMessage & { message: any };

/**
 * Reads an event stream until it ends, breaks, or `until` says enough; a stream that is left is cancelled.
 * Comments come as events named `comment`.
 */
export async function readEvents(
  response: Response,
  until: (event: ReadEvent, all: ReadEvent[]) => boolean = () => false,
): Promise<ReadEvent[]> {
  const events: ReadEvent[] = [];
  let enough = false;
  const take = (event: EventSourceMessage): void => {
    if (enough) return;
    const message = event.data.startsWith('{') ? JSON.parse(event.data) : undefined;
    const read = { ...event, message };
    events.push(read);
    enough = until(read, events);
  };
  const parser = createParser({
    onEvent: take,
    onComment: comment => take({ id: undefined, event: 'comment', data: comment }),
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (enough) break;
    }
  } catch {
    // A stream that was cut is a stream that ended.
  }
  return events;
}
