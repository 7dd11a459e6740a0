import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Log } from '../../kernel/log.js';
import { ReplySink, UnitLink } from '../../kernel/ports/unit.js';
import { readEvents, ReadOutcome } from './event-reader.js';
import { PostOrder } from './post-order.js';
import { HttpResponse, HttpWire, isGatewayStatus } from './http-wire.js';

/** Attempts to go on with a broken stream, and the pause before each unless the server names one. Milliseconds. */
const RESUME = { attempts: 5, pause: 500, minPause: 50, maxPause: 30_000 };
/** Milliseconds a stream may take to end after its answer; one that ends by itself leaves its socket for the next. */
const LINGER = 500;
/** Milliseconds in which a cancelled request may still be answered, and how many such there may be. */
const CANCELLED = { patience: 5_000, most: 16 };
/** Milliseconds for the DELETE that ends an upstream session. */
const FAREWELL = 1_000;

/**
 * The server refused the transport as such, which an HTTP+SSE server does (MCP 2025-11-25, transports, backwards
 * compatibility). Carries the status.
 */
export class TransportRefused extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}

/** An upstream session over Streamable HTTP. Each frame is a POST; what its stream brings relates to that frame. */
export class StreamableLink extends UnitLink {
  private readonly abort = new AbortController();
  /** Requests under way, by id, so that a cancelled one gives its socket back. */
  private readonly running = new Map<string, AbortController>();
  private readonly cancelled = new Set<AbortController>();
  private readonly posts = new PostOrder();
  private listening: Promise<void> | undefined;
  private session: string | undefined;
  private version: string | undefined;
  private closed = false;

  constructor(
    private readonly wire: HttpWire,
    private readonly url: string,
    private readonly sink: ReplySink,
    private readonly log: Log,
    private readonly onRefused?: (initialize: JsonRpcMessage, refused: TransportRefused) => void,
  ) {
    super();
  }

  send(frame: JsonRpcMessage): void {
    if (this.closed) throw new GatewayError('unit_unavailable');
    if (frame.method === 'notifications/cancelled') this.abandonLater(frame.read('requestId') ?? '');
    void this.posts.run(frame, () => this.start(frame)).catch((thrown: unknown) => this.failed(frame, thrown));
  }

  /** A server that takes no cancellation must not keep the request's socket for ever. */
  private abandonLater(id: string): void {
    const request = this.running.get(id);
    if (!request) return;
    setTimeout(() => request.abort(), CANCELLED.patience).unref();
    this.cancelled.add(request);
    if (this.cancelled.size <= CANCELLED.most) return;
    const [oldest] = this.cancelled;
    oldest!.abort();
    this.cancelled.delete(oldest!);
  }

  override negotiated(version: string): void {
    this.version = version;
  }

  async close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.abandon();
      await this.farewell();
    }
    await this.wire.close();
  }

  private async farewell(): Promise<void> {
    if (this.session === undefined) return;
    const signal = AbortSignal.timeout(FAREWELL);
    try {
      const response = await this.wire.ask({ method: 'DELETE', url: this.url, headers: this.headers(), signal });
      await response.body.dump();
    } catch {
      // The server may not allow it or be gone; its own idle time ends the session then.
    }
  }

  private async start(frame: JsonRpcMessage): Promise<void> {
    if (this.closed) return;
    if (frame.kind !== 'request') return this.post(frame, this.signalFor(frame));
    const own = new AbortController();
    this.running.set(frame.id, own);
    try {
      await this.post(frame, own.signal);
    } catch (thrown) {
      if (!own.signal.aborted) throw thrown;
    } finally {
      this.running.delete(frame.id);
      this.cancelled.delete(own);
    }
  }

  private signalFor({ method }: JsonRpcMessage): AbortSignal {
    const { signal } = this.abort;
    return method === 'notifications/cancelled'
      ? AbortSignal.any([signal, AbortSignal.timeout(CANCELLED.patience)])
      : signal;
  }

  private async post(frame: JsonRpcMessage, signal: AbortSignal): Promise<void> {
    const headers = {
      ...this.headers(),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await this.wire.ask({ method: 'POST', url: this.url, headers, body: frame.text, signal });
    if (response.statusCode >= 400) return this.refused(frame, response);
    if (frame.method === 'initialize') this.session = header(response, 'mcp-session-id');
    if (frame.kind !== 'request') {
      await response.body.dump();
      if (frame.method === 'notifications/initialized') this.listening ??= this.listen();
      if (frame.method === 'notifications/cancelled') this.running.get(frame.read('requestId') ?? '')?.abort();
      return;
    }
    if (isEventStream(response)) await this.readAnswer(frame, response, signal);
    else if (!this.deliver(await this.wire.text(response), frame.id)) {
      throw new GatewayError(
        'outcome_unknown',
        `The unit answered HTTP ${response.statusCode} without an answer in it.`,
      );
    }
  }

  /** Reads the stream of one request to its answer, across breaks as long as there is an event id to go on from. */
  private async readAnswer(frame: JsonRpcMessage, first: HttpResponse, signal: AbortSignal): Promise<void> {
    let answered = false;
    const onData = (data: string): void => {
      answered = this.deliver(data, frame.id) || answered;
      if (answered) endSoon(body);
    };
    let { body } = first;
    let outcome = await this.readStream(first, onData);
    let last = outcome.lastEventId;
    for (let attempt = 0; !answered && !signal.aborted && last !== undefined && attempt < RESUME.attempts; attempt++) {
      await this.pause(outcome, attempt, signal);
      const resumed = await this.get(last, signal).catch(() => undefined);
      if (!resumed) continue;
      ({ body } = resumed);
      outcome = await this.readStream(resumed, onData);
      if (outcome.lastEventId !== undefined && outcome.lastEventId !== last) attempt = -1;
      last = outcome.lastEventId ?? last;
    }
    if (!answered && !signal.aborted) throw new GatewayError('outcome_unknown', 'The stream ended without an answer.');
  }

  /** The stream for what relates to no request; servers without one answer 405. */
  private async listen(): Promise<void> {
    const { signal } = this.abort;
    let last: string | undefined;
    for (let attempt = 0; !this.closed && attempt < RESUME.attempts; attempt++) {
      try {
        const response = await this.get(last, signal);
        attempt = 0;
        const outcome = await this.readStream(response, data => void this.deliver(data, undefined));
        last = outcome.lastEventId ?? last;
        await this.pause(outcome, attempt, signal);
      } catch (thrown) {
        if (thrown instanceof TransportRefused) return this.silence(thrown.status);
        await this.pause(undefined, attempt, signal).catch(() => undefined);
      }
    }
  }

  private silence(status: number): void {
    if (status === 404 && this.session !== undefined) return this.expired();
    if (status !== 405 && !this.closed) this.log.debug({ status }, 'the unit offers no stream for its own messages');
  }

  private async get(lastEventId: string | undefined, signal: AbortSignal): Promise<HttpResponse> {
    const headers: Record<string, string> = { ...this.headers(), accept: 'text/event-stream' };
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    const response = await this.wire.ask({ method: 'GET', url: this.url, headers, signal });
    if (response.statusCode === 200 && isEventStream(response)) return response;
    await response.body.dump();
    throw new TransportRefused(response.statusCode);
  }

  private readStream(response: HttpResponse, onData: (data: string) => void): Promise<ReadOutcome> {
    return readEvents(response.body as AsyncIterable<Buffer>, this.wire.maxMessage, event => onData(event.data));
  }

  /** @returns whether the answer to `inReplyTo` was in it */
  private deliver(text: string, inReplyTo: string | undefined): boolean {
    let answered = false;
    try {
      for (const frame of JsonRpcMessage.decode(text)) {
        answered ||= frame.kind === 'response' && frame.id === inReplyTo;
        if (!this.closed) this.sink.receive(frame, inReplyTo);
      }
    } catch (thrown) {
      const { code: error, cause: err } = toGatewayError(thrown);
      this.log.warn({ length: text.length, error, err }, 'the unit sent a message that could not be taken');
    }
    return answered;
  }

  /** A status of 400 and more: the unit's own JSON-RPC error if it sent one, else one of ours. */
  private async refused(frame: JsonRpcMessage, response: HttpResponse): Promise<void> {
    const { statusCode: status } = response;
    const text = await this.wire.text(response).catch(() => '');
    const own = errorIn(text);
    if (frame.kind === 'request' && own?.id === frame.id) return this.sink.receive(own, frame.id);
    const sessionGone = status === 404 || (status === 400 && /session/i.test(text));
    if (this.session !== undefined && sessionGone) return this.expired(frame.kind === 'request' ? frame.id : undefined);
    if (frame.method === 'initialize' && this.onRefused && [400, 404, 405].includes(status)) {
      return this.onRefused(frame, new TransportRefused(status));
    }
    if (frame.kind !== 'request') return this.log.warn({ status }, 'the unit refused a message');
    const message = `The unit answered HTTP ${status}.`;
    if (own) this.sink.receive(own.rewrite({ id: frame.id }), frame.id);
    else if (isGatewayStatus(status)) this.sink.failed(frame.id, new GatewayError('outcome_unknown', message));
    else this.sink.receive(JsonRpcMessage.error(frame.id, new GatewayError('unit_unavailable', message)), frame.id);
  }

  private failed(frame: JsonRpcMessage, thrown: unknown): void {
    if (this.closed) return;
    const error = toGatewayError(thrown);
    if (error.code === 'internal_error') this.log.error({ err: thrown }, 'a request to the unit failed');
    if (frame.method === 'initialize') return this.lost(error);
    if (frame.kind === 'request') this.sink.failed(frame.id, error);
  }

  /** @param unsent id of the request that was refused for it */
  private expired(unsent?: string): void {
    this.lost(new GatewayError('session_expired'), unsent);
  }

  private lost(error: GatewayError, unsent?: string): void {
    if (this.closed) return;
    this.closed = true;
    this.abandon();
    this.sink.ended(error, unsent);
  }

  private abandon(): void {
    this.abort.abort();
    for (const request of this.running.values()) request.abort();
  }

  private async pause(outcome: ReadOutcome | undefined, attempt: number, signal: AbortSignal): Promise<void> {
    const ms = outcome?.retry ?? RESUME.pause * 2 ** attempt;
    await delay(Math.min(Math.max(ms, RESUME.minPause), RESUME.maxPause), undefined, { signal });
  }

  private headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.session !== undefined) headers['mcp-session-id'] = this.session;
    if (this.version !== undefined) headers['mcp-protocol-version'] = this.version;
    return headers;
  }
}

function header(response: HttpResponse, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function isEventStream(response: HttpResponse): boolean {
  return header(response, 'content-type')?.startsWith('text/event-stream') ?? false;
}

/** The JSON-RPC error in the body of a refusal, undefined if there is none. */
function errorIn(text: string): JsonRpcMessage | undefined {
  try {
    const frame = JsonRpcMessage.parse(text);
    return frame.kind === 'response' && frame.isError ? frame : undefined;
  } catch {
    return undefined;
  }
}

function endSoon(body: HttpResponse['body']): void {
  const timer = setTimeout(() => body.destroy(), LINGER);
  body.once('close', () => clearTimeout(timer));
}
