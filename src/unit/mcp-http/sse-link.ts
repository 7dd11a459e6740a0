import { setMaxListeners } from 'node:events';
import { EventSourceMessage } from 'eventsource-parser';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Log } from '../../kernel/log.js';
import { ReplySink, UnitLink } from '../../kernel/ports/unit.js';
import { readEvents } from './event-reader.js';
import { HttpWire, isGatewayStatus } from './http-wire.js';
import { PostOrder } from './post-order.js';

/** Milliseconds until the `endpoint` event must have come. */
const ENDPOINT_TIMEOUT = 10_000;

/** An upstream session over HTTP+SSE (MCP 2024-11-05): one stream down, a POST for each message up. */
export class SseLink extends UnitLink {
  private readonly abort = new AbortController();
  private readonly posts = new PostOrder();
  private endpoint: URL | undefined;
  private closed = false;

  private constructor(
    private readonly wire: HttpWire,
    private readonly url: string,
    private readonly sink: ReplySink,
    private readonly log: Log,
  ) {
    super();
    // One listener for each POST under way.
    setMaxListeners(0, this.abort.signal);
  }

  /** @throws GatewayError `unit_unavailable`, `unit_timeout`, or the reason of the signal */
  static async open(wire: HttpWire, url: string, sink: ReplySink, log: Log, signal: AbortSignal): Promise<SseLink> {
    const link = new SseLink(wire, url, sink, log);
    const giveUp = (): void => void link.close();
    signal.addEventListener('abort', giveUp);
    try {
      await link.connect();
      signal.throwIfAborted();
      return link;
    } catch (thrown) {
      await link.close();
      throw signal.aborted ? signal.reason : toGatewayError(thrown);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  send(frame: JsonRpcMessage): void {
    if (this.closed) throw new GatewayError('unit_unavailable');
    void this.posts
      .run(frame, () => this.post(frame))
      .catch((thrown: unknown) => {
        if (!this.closed && frame.kind === 'request') this.sink.failed(frame.id, toGatewayError(thrown));
      });
  }

  close(): Promise<void> {
    this.closed = true;
    this.abort.abort();
    return this.wire.close();
  }

  private async connect(): Promise<void> {
    const { signal } = this.abort;
    const headers = { accept: 'text/event-stream' };
    const response = await this.wire.ask({ method: 'GET', url: this.url, headers, signal });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new GatewayError('unit_unavailable', `The unit answered HTTP ${response.statusCode} to GET.`);
    }
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new GatewayError('unit_timeout', 'No endpoint event.')), ENDPOINT_TIMEOUT);
      const onEvent = (event: EventSourceMessage): void => {
        if (event.event !== 'endpoint') return this.deliver(event.data);
        clearTimeout(late);
        this.accept(event.data).then(resolve, reject);
      };
      void readEvents(response.body as AsyncIterable<Buffer>, this.wire.maxMessage, onEvent)
        .catch(() => undefined)
        .then(() => {
          clearTimeout(late);
          reject(new GatewayError('unit_unavailable', 'The stream ended.'));
          this.ended();
        });
    });
  }

  /** The endpoint must be on the unit's own origin, or a unit could make the gateway POST to anywhere. */
  private accept(data: string): Promise<void> {
    const endpoint = URL.canParse(data, this.url) ? new URL(data, this.url) : undefined;
    if (endpoint?.origin !== new URL(this.url).origin) {
      return Promise.reject(new GatewayError('unit_unavailable', 'The unit named an endpoint on another origin.'));
    }
    this.endpoint = endpoint;
    return Promise.resolve();
  }

  private async post(frame: JsonRpcMessage): Promise<void> {
    const response = await this.wire.ask({
      method: 'POST',
      url: this.endpoint!.href,
      headers: { 'content-type': 'application/json' },
      body: frame.text,
      signal: this.abort.signal,
    });
    await response.body.dump();
    const { statusCode: status } = response;
    if (status < 400) return;
    if (status === 404 || status === 410) return this.expired(frame);
    const message = `The unit answered HTTP ${status}.`;
    if (isGatewayStatus(status)) throw new GatewayError('outcome_unknown', message);
    if (frame.kind === 'request')
      this.sink.receive(JsonRpcMessage.error(frame.id, new GatewayError('unit_unavailable', message)));
  }

  private deliver(text: string): void {
    if (this.closed) return;
    try {
      for (const frame of JsonRpcMessage.decode(text)) this.sink.receive(frame);
    } catch (thrown) {
      const { code: error, cause: err } = toGatewayError(thrown);
      this.log.warn({ length: text.length, error, err }, 'the unit sent a message that could not be taken');
    }
  }

  private expired({ kind, id }: JsonRpcMessage): void {
    if (this.closed) return;
    void this.close();
    this.sink.ended(new GatewayError('session_expired'), kind === 'request' ? id : undefined);
  }

  private ended(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.endpoint) this.sink.ended(new GatewayError('outcome_unknown'));
  }
}
