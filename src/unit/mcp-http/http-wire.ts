import { Agent, Dispatcher, request } from 'undici';
import { GatewayError } from '../../kernel/errors.js';

/** Milliseconds to connect. Answers have no limit here: how long a call may take is the client's to say. */
const CONNECT_TIMEOUT = 5_000;
/** Sockets of one link: its calls in flight, its stream, and room for what has no answer. */
const MAX_SOCKETS = 300;

export type HttpResponse = Dispatcher.ResponseData;

export interface HttpAsk {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/** The HTTP client of one link. Links share no sockets, so that no session can use up another's. */
export class HttpWire {
  private readonly agent = new Agent({
    connections: MAX_SOCKETS,
    connect: { timeout: CONNECT_TIMEOUT },
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  constructor(
    /** Sent with every request; what MCP itself needs is set over them. */
    private readonly headers: Readonly<Record<string, string>>,
    /** Bytes of one message. */
    readonly maxMessage: number,
  ) {}

  /** @throws GatewayError `unit_unavailable` when no connection could be had: nothing was sent then */
  async ask({ method, url, headers, body, signal }: HttpAsk): Promise<HttpResponse> {
    try {
      return await request(url, {
        method,
        headers: { ...this.headers, ...headers },
        body,
        signal,
        dispatcher: this.agent,
      });
    } catch (thrown) {
      throw describe(thrown);
    }
  }

  /** The body as text, bounded. @throws GatewayError `outcome_unknown` */
  async text({ body }: HttpResponse): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.maxMessage) {
        body.destroy();
        throw new GatewayError('outcome_unknown', `The unit's answer is larger than ${this.maxMessage} bytes.`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

/** Statuses by which a proxy says that the server behind it failed (RFC 9110 §15.6); others are the server's own word. */
export function isGatewayStatus(status: number): boolean {
  return status >= 502 && status <= 504;
}

/** Codes of failures before a request was written. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function describe(thrown: unknown): GatewayError {
  const { code, message } = thrown as { code?: string; message?: string };
  if (code !== undefined && NOT_SENT.has(code)) {
    return new GatewayError('unit_unavailable', `The unit cannot be reached: ${code}.`);
  }
  return new GatewayError('outcome_unknown', `The connection to the unit broke off: ${code ?? message ?? 'unknown'}.`);
}
