import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Log } from '../../kernel/log.js';
import { Instance, ReplySink, UnitLink } from '../../kernel/ports/unit.js';
import { HttpWire } from './http-wire.js';
import { SseLink } from './sse-link.js';
import { StreamableLink, TransportRefused } from './streamable-link.js';

export type HttpTransport = 'auto' | 'streamable_http' | 'http_sse';

export interface HttpSettings {
  url: string;
  transport: HttpTransport;
  headers: Readonly<Record<string, string>>;
  /** Bytes of one message from the server. */
  maxMessage: number;
  /** Its share of the work beside that of the unit's other instances. */
  weight: number;
}

/** An MCP server at a URL. With `auto`, Streamable HTTP is tried first and what the server took is remembered. */
export class HttpInstance extends Instance {
  override readonly weight: number;

  constructor(
    readonly unit: string,
    /** Tells instances apart in metrics and logs; holds no path, as hosted servers keep secrets there. */
    readonly id: string,
    private readonly settings: HttpSettings,
    private readonly log: Log,
  ) {
    super();
    this.weight = settings.weight;
  }

  open(sink: ReplySink, signal: AbortSignal): Promise<UnitLink> {
    const { url, transport, headers, maxMessage } = this.settings;
    const wire = new HttpWire(headers, maxMessage);
    if (transport === 'http_sse') return SseLink.open(wire, url, sink, this.log, signal);
    if (transport === 'streamable_http') return Promise.resolve(new StreamableLink(wire, url, sink, this.log));
    return Promise.resolve(new AutoLink(wire, url, sink, this.log, found => (this.settings.transport = found)));
  }
}

/** A link that begins as Streamable HTTP and, where the server refuses that at `initialize`, goes on as HTTP+SSE. */
class AutoLink extends UnitLink {
  private link: UnitLink;
  private readonly abort = new AbortController();

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

  send(frame: JsonRpcMessage): void {
    this.link.send(frame);
  }

  override negotiated(version: string): void {
    if (this.link instanceof StreamableLink) this.onFound('streamable_http');
    this.link.negotiated(version);
  }

  close(): Promise<void> {
    this.abort.abort(new GatewayError('unit_unavailable'));
    return this.link.close();
  }

  private async fallBack(initialize: JsonRpcMessage, refused: TransportRefused): Promise<void> {
    try {
      this.link = await SseLink.open(this.wire, this.url, this.sink, this.log, this.abort.signal);
      this.onFound('http_sse');
      this.link.send(initialize);
    } catch (thrown) {
      if (this.abort.signal.aborted) return;
      const why = `HTTP ${refused.status} to POST; as HTTP+SSE: ${toGatewayError(thrown).message}`;
      this.sink.ended(new GatewayError('unit_unavailable', `The unit is no MCP server: ${why}`));
    }
  }
}
