import { EventParser } from './event-parser.js';
import { readEvent } from './frames.js';
import { PostQueue } from './post-queue.js';
import { GatewayFrame, Hello, WrittenFrame } from './protocol.js';
import { refusalOf } from './refusal.js';
import { asViableError, ViableError } from './viable-error.js';
import { Wire, WireEnd, WireEvents } from './wire.js';

/** The native wire as an event stream, with POSTs for the way back. The hello is in its URL, the token in a header. */
export class StreamWire implements Wire {
  readonly transport = 'http_sse';
  private readonly abort = new AbortController();
  private headers: Record<string, string> = {};
  private posts: PostQueue | undefined;
  private done = false;

  constructor(
    private readonly url: string,
    private readonly events: WireEvents,
  ) {}

  open(hello: () => Promise<Hello>): void {
    this.run(hello).then(
      end => this.end(end),
      (thrown: unknown) => this.end({ error: asViableError(thrown) }),
    );
  }

  send(frame: WrittenFrame): void {
    if (!this.done) this.posts?.add(frame);
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    // The stream ends last: the gateway may take its end for that of the endpoint.
    if (this.posts) void this.posts.finish().then(() => this.abort.abort());
    else this.abort.abort();
  }

  private async run(hello: () => Promise<Hello>): Promise<WireEnd> {
    const { token, ...parameters } = await hello();
    if (this.done) return {};
    if (token !== undefined) this.headers = { authorization: `Bearer ${token}` };
    const response = await fetch(withParameters(this.url, parameters), {
      headers: { ...this.headers, accept: 'text/event-stream' },
      signal: this.abort.signal,
    });
    if (!response.ok) return { error: await refusalOf(response) };
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream') || !response.body) {
      this.abort.abort();
      return { error: new ViableError('connection_failed', `The gateway answered with ${type || 'no type'}.`) };
    }
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser(({ event, data }) => {
      const frame = this.done ? undefined : readEvent(event, data);
      if (frame) this.take(frame);
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { error: new ViableError('connection_lost', 'The event stream ended.') };
      if (!this.done) this.events.heard();
      parser.push(decoder.decode(value, { stream: true }));
    }
  }

  private take(frame: GatewayFrame): void {
    if (frame.kind === 'connected' && !this.connectedTo(frame.connected.endpoint)) {
      frame = { kind: 'invalid', why: 'connected without an endpoint on the host of the stream' };
    }
    this.events.frame(frame);
  }

  /** Credentials go to where the stream comes from, and nowhere else. */
  private connectedTo(endpoint: unknown): boolean {
    if (typeof endpoint !== 'string' || !URL.canParse(endpoint, this.url)) return false;
    const url = new URL(endpoint, this.url);
    if (url.origin !== new URL(this.url).origin) return false;
    const answered = (frame: GatewayFrame): void => {
      if (!this.done) this.events.frame(frame);
    };
    this.posts = new PostQueue(url.href, this.headers, answered, error => this.end({ error }));
    return true;
  }

  private end(end: WireEnd): void {
    if (this.done) return;
    this.done = true;
    this.posts?.abandon();
    this.abort.abort();
    this.events.ended(end);
  }
}

function withParameters(url: string, parameters: Omit<Hello, 'token'>): string {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) whole.searchParams.set(name, String(value));
  }
  return whole.href;
}
