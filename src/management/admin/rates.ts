import { Counts, Histogram, Counters } from '../../telemetry/counters.js';

type Transport = 'websocket' | 'http_sse' | 'streamable_http';

/** Milliseconds between looks, and looks that are kept: a little more than a minute. */
const LOOK = 5_000;
const KEPT = 13;
/** Looks that a rate by the second goes back. */
const SECONDS = 2;

interface Look {
  at: number;
  messages: Record<Transport, number>;
  errors: Record<Transport, number>;
  /** Of calls answered: how many, and seconds. */
  calls: Record<Transport, { total: number; sum: number }>;
}

/** One transport as `/mcp/stats` shows it. */
export interface TransportStats {
  connections: number;
  messages_per_second: number;
  /** Of calls answered within the last minute; null where none was. */
  avg_latency_ms: number | null;
  errors_per_minute: number;
}

/** How fast counts grow, by looking at them from time to time. */
export class Rates {
  private readonly looks: Look[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly counters: Counters,
    private readonly elapsed: () => number,
  ) {}

  onModuleInit(): void {
    this.look();
    this.timer = setInterval(() => this.look(), LOOK).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  byTransport(): Record<Transport, TransportStats> {
    const now = this.taken();
    const [oldest = now] = this.looks;
    const recent = this.looks.at(-SECONDS) ?? oldest;
    const rate = (of: 'messages' | 'errors', since: Look, transport: Transport, per: number): number =>
      ((now[of][transport] - since[of][transport]) * per) / Math.max(1_000, now.at - since.at);
    const stats = (transport: Transport): TransportStats => {
      const [after, before] = [now.calls[transport], oldest.calls[transport]];
      const calls = after.total - before.total;
      return {
        connections: this.counters.connections.get(transport),
        messages_per_second: Number(rate('messages', recent, transport, 1_000).toFixed(1)),
        avg_latency_ms: calls === 0 ? null : Number((((after.sum - before.sum) * 1_000) / calls).toFixed(2)),
        errors_per_minute: Number(rate('errors', oldest, transport, 60_000).toFixed(1)),
      };
    };
    return each(stats);
  }

  private look(): void {
    this.looks.push(this.taken());
    if (this.looks.length > KEPT) this.looks.shift();
  }

  private taken(): Look {
    const { messagesIn, messagesOut, errorsBy } = this.counters;
    const both = (transport: Transport): number => messagesIn.get(transport) + messagesOut.get(transport);
    const latencies = new Map<string, Histogram>(this.counters.latenciesByTransport());
    return {
      at: this.elapsed(),
      messages: each(both),
      errors: each(transport => (errorsBy as Counts<string>).get(transport)),
      calls: each(transport => {
        const { total = 0, sum = 0 } = latencies.get(transport) ?? {};
        return { total, sum };
      }),
    };
  }
}

function each<T>(of: (transport: Transport) => T): Record<Transport, T> {
  return { websocket: of('websocket'), http_sse: of('http_sse'), streamable_http: of('streamable_http') };
}
