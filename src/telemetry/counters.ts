import { TransportName } from '../kernel/ports/connection.js';
import { ErrorCode } from '../kernel/errors.js';
import { OverheadSampler } from './overhead-sampler.js';
import { Pain } from './signals.js';

/** Upper bounds of the latency buckets, in seconds; Prometheus' `le`. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A cumulative histogram kept as plain numbers; it is read only when somebody scrapes. */
export class Histogram {
  readonly counts = new Float64Array(LATENCY_BUCKETS.length + 1);
  sum = 0;
  total = 0;

  observe(seconds: number): void {
    let i = 0;
    while (i < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[i]!) i++;
    this.counts[i]!++;
    this.sum += seconds;
    this.total++;
  }
}

/** A counter per key, for keys from a fixed set (transports, error codes, configured units). */
export class Counts<K extends string> {
  private readonly values = new Map<K, number>();

  add(key: K, by = 1): void {
    this.values.set(key, (this.values.get(key) ?? 0) + by);
  }

  get(key: K): number {
    return this.values.get(key) ?? 0;
  }

  entries(): IterableIterator<[K, number]> {
    return this.values.entries();
  }
}

/** What the data plane counts, as plain numbers that cost nothing until they are read. One per gateway. */
export class Counters {
  /** Connections open now. */
  readonly connections = new Counts<TransportName>();
  readonly messagesIn = new Counts<TransportName>();
  readonly messagesOut = new Counts<TransportName>();
  readonly sessions = new Counts<TransportName>();
  readonly errors = new Counts<ErrorCode>();
  /** Errors by the transport of the client that was told. */
  readonly errorsBy = new Counts<TransportName>();
  /** Clients that went on from a position, messages sent again to them, and how often some were not held any more. */
  readonly replays = new Counts<TransportName>();
  readonly replayed = new Counts<TransportName>();
  readonly gaps = new Counts<TransportName>();
  /** Frames of units that match no call in flight: late, repeated or invented answers. */
  readonly strayFrames = new Counts<string>();
  /** Calls sent again, by unit, because they were not sent before or may safely be made twice. */
  readonly resent = new Counts<string>();
  /** The gateway's own time for messages, by unit. */
  readonly own = new OverheadSampler();
  /** Pains that have not ended, by severity. */
  readonly pains = new Counts<Pain['severity']>();
  /** What became of signals for the webhook, and attempts that were made again. */
  readonly webhook = new Counts<'delivered' | 'refused' | 'dropped' | 'retried'>();
  private readonly byUnit = new Map<string, Histogram>();
  private readonly byTransport = new Map<string, Histogram>();

  /** A client is told of an error. */
  failed(code: ErrorCode, transport?: TransportName): void {
    this.errors.add(code);
    if (transport !== undefined) this.errorsBy.add(transport);
  }

  replay(transport: TransportName, messages: number, gap: boolean): void {
    this.replays.add(transport);
    this.replayed.add(transport, messages);
    if (gap) this.gaps.add(transport);
  }

  observeCall(unit: string, ms: number, transport: TransportName): void {
    histogramOf(this.byUnit, unit).observe(ms / 1_000);
    histogramOf(this.byTransport, transport).observe(ms / 1_000);
  }

  latencies(): IterableIterator<[unit: string, Histogram]> {
    return this.byUnit.entries();
  }

  latenciesByTransport(): IterableIterator<[transport: string, Histogram]> {
    return this.byTransport.entries();
  }
}

function histogramOf(all: Map<string, Histogram>, key: string): Histogram {
  let histogram = all.get(key);
  if (!histogram) all.set(key, (histogram = new Histogram()));
  return histogram;
}
