import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Log } from '../../kernel/log.js';
import { Instance, ReplySink, UnitLink } from '../../kernel/unit.js';
import { HttpWire } from './http-wire.js';
import { SseLink } from './sse-link.js';
import { StreamableLink, TransportRefused } from './streamable-link.js';

export type HttpTransport = 'auto' | 'streamable_http' | 'http_sse';

/** An MCP server at a URL. With `auto`, Streamable HTTP is tried first and what the server took is remembered. */
export class HttpInstance extends Instance {
  readonly id: string;

  constructor(
    readonly unit: string,
    private readonly url: string,
    private transport: HttpTransport,
    private readonly wire: HttpWire,
    private readonly log: Log,
  ) {
    super();
    this.id = `${unit}/${new URL(url).host}${new URL(url).pathname}`;
  }

  async open(sink: ReplySink): Promise<UnitLink> {
    if (this.transport === 'http_sse') return SseLink.open(this.wire, this.url, sink, this.log);
    if (this.transport === 'streamable_http') return new StreamableLink(this.wire, this.url, sink, this.log);
    return new AutoLink(this.wire, this.url, sink, this.log, found => (this.transport = found));
  }

  close(): Promise<void> {
    return this.wire.close();
  }
}

/** A link that begins as Streamable HTTP and, where the server refuses that at `initialize`, goes on as HTTP+SSE. */
class AutoLink extends UnitLink {
  private link: UnitLink;
  private closed = false;

  constructor(
    private readonly wire: HttpWire,
    private readonly url: string,
    private readonly sink: ReplySink,
    private readonly log: Log,
    private readonly onFound: (transport: HttpTransport) => void,
  ) {
    super();
    this.link = new StreamableLink(wire, url, sink, log, (frame, refused) => void this.fallBack(frame, refused));
  }

  send(frame: Frame): void {
    this.link.send(frame);
  }

  override negotiated(version: string): void {
    if (this.link instanceof StreamableLink) this.onFound('streamable_http');
    this.link.negotiated(version);
  }

  close(): Promise<void> {
    this.closed = true;
    return this.link.close();
  }

  private async fallBack(initialize: Frame, refused: TransportRefused): Promise<void> {
    try {
      this.link = await SseLink.open(this.wire, this.url, this.sink, this.log);
      if (this.closed) return await this.link.close();
      this.onFound('http_sse');
      this.link.send(initialize);
    } catch (thrown) {
      const why = `HTTP ${refused.status} to POST; as HTTP+SSE: ${toGatewayError(thrown).message}`;
      this.sink.ended(new GatewayError('unit_unavailable', `The unit is no MCP server: ${why}`));
    }
  }
}
