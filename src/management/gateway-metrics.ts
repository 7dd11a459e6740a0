import { Counter, Gauge, Metric, MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { Counts, Histogram, LATENCY_BUCKETS, Tally } from '../events/tally.js';
import { ANOMALY_METRICS, LoadForecast, PATTERNS, Reports } from '../events/intelligence.js';
import { Budget } from '../kernel/budget.js';
import { UnitVitals, Vitals } from '../kernel/vitals.js';

type Labels = Record<string, string>;
type Samples = Iterable<[labels: Labels, value: number]>;

/** What is known only where something regulates. */
const FOUND = {
  patterns: 'gateway_usage_patterns',
  anomalies: 'gateway_anomalies',
  connections: 'gateway_forecast_connections',
  messages: 'gateway_forecast_messages_per_second',
} as const;

const CIRCUIT_STATES = ['closed', 'half_open', 'open'] as const;

/** The gateway's metrics: the tally and the vitals, read when somebody scrapes and never before. */
export class GatewayMetrics {
  constructor(
    private readonly registry: Registry,
    private readonly tally: Tally,
    private readonly vitals: Vitals,
    private readonly budget: Budget,
    reports?: Reports,
  ) {
    this.traffic();
    this.pools();
    this.circuits();
    this.instances();
    this.units();
    this.gauge('gateway_relays', 'Sessions, and the gateway itself, joined to units.', [], () => [
      [{}, this.vitals.load().relays],
    ]);
    this.gauge('gateway_buffered_bytes', 'Bytes that all buffers hold together.', [], () => [[{}, this.budget.used]]);
    this.signals();
    this.register(new CallDurations(tally));
    if (reports) this.intelligence(reports);
    else for (const name of Object.values(FOUND)) registry.removeSingleMetric(name);
  }

  private traffic(): void {
    const { tally } = this;
    const by = <K extends string>(label: string, counts: Counts<K>, more: Labels = {}): [Labels, number][] =>
      [...counts.entries()].map(([key, value]) => [{ [label]: key, ...more }, value]);
    this.gauge('gateway_connections', 'Open client connections.', ['transport'], () =>
      by('transport', tally.connections),
    );
    this.gauge('gateway_sessions', 'Live sessions.', ['transport'], () => by('transport', tally.sessions));
    this.counter(
      'gateway_messages_total',
      'Messages from (in) and to (out) clients.',
      ['transport', 'direction'],
      () => [
        ...by('transport', tally.messagesIn, { direction: 'in' }),
        ...by('transport', tally.messagesOut, { direction: 'out' }),
      ],
    );
    this.counter('gateway_errors_total', 'Errors answered to clients, by code.', ['code'], () =>
      by('code', tally.errors),
    );
    this.counter('gateway_resent_calls_total', 'Calls sent again after a link or instance failed.', ['unit'], () =>
      by('unit', tally.resent),
    );
    this.counter('gateway_stray_frames_total', 'Frames of units that match no call in flight.', ['unit'], () =>
      by('unit', tally.strayFrames),
    );
  }

  private pools(): void {
    const of = (field: 'leases' | 'inUse' | 'parked' | 'waiting' | 'limit') => (): [Labels, number][] =>
      this.vitals.pools().map(pool => [{ unit: pool.unit, instance: pool.instance }, pool[field]]);
    const labels = ['unit', 'instance'];
    this.gauge('gateway_pool_leases', 'Leases checked out.', labels, of('leases'));
    this.gauge('gateway_pool_in_use', 'Leases with something in flight.', labels, of('inUse'));
    this.gauge('gateway_pool_parked', 'Leases with nothing in flight.', labels, of('parked'));
    this.gauge('gateway_pool_waiting', 'Sessions waiting for a lease.', labels, of('waiting'));
    this.gauge('gateway_pool_limit', 'Leases there may be, overflow included.', labels, of('limit'));
  }

  private circuits(): void {
    this.gauge('gateway_circuit_state', '1 for the state a circuit is in.', ['unit', 'instance', 'state'], () =>
      this.vitals
        .circuits()
        .flatMap(({ unit, instance, state }) =>
          CIRCUIT_STATES.map((name): [Labels, number] => [{ unit, instance, state: name }, Number(name === state)]),
        ),
    );
  }

  private instances(): void {
    this.gauge(
      'gateway_instance_out',
      '1 for an instance that failed so often that others come first.',
      ['unit', 'instance'],
      () =>
        this.vitals.circuits().map(({ unit, instance, out }): [Labels, number] => [{ unit, instance }, Number(out)]),
    );
  }

  private intelligence(reports: Reports): void {
    this.gauge(FOUND.patterns, 'Clients that show a usage pattern now.', ['pattern'], () =>
      count(
        PATTERNS,
        reports.patterns().map(({ pattern }) => pattern),
      ).map(([pattern, clients]) => [{ pattern }, clients]),
    );
    this.gauge(FOUND.anomalies, 'Figures that are out of what was learned of them.', ['metric'], () =>
      count(
        ANOMALY_METRICS,
        reports.anomalies().map(({ metric }) => metric),
      ).map(([metric, figures]) => [{ metric }, figures]),
    );
    const expected = (metric: LoadForecast['metric']) => (): [Labels, number][] =>
      reports
        .forecasts()
        .filter(forecast => forecast.metric === metric)
        .map(forecast => [{}, forecast.expected]);
    const ahead = 'expected 60 seconds from now, for autoscalers.';
    this.gauge(FOUND.connections, `Client connections ${ahead}`, [], expected('connections'));
    this.gauge(FOUND.messages, `Messages in and out ${ahead}`, [], expected('messages'));
  }

  private units(): void {
    const of = (read: (unit: UnitVitals) => number) => (): [Labels, number][] =>
      this.vitals.units().map(vitals => [{ unit: vitals.unit }, read(vitals)]);
    const kinds = 'Kinds of messages that a unit gets: methods, and tools by name; each minute a message counts half.';
    this.gauge(
      'gateway_variety_kinds',
      kinds,
      ['unit'],
      of(unit => unit.kinds),
    );
    const entropy = 'Shannon entropy of those kinds, in bits.';
    this.gauge(
      'gateway_variety_entropy_bits',
      entropy,
      ['unit'],
      of(unit => unit.entropyBits),
    );
    const own = "99th percentile of the gateway's own time for a message there and back, of the newest measured.";
    this.gauge(
      'gateway_own_seconds',
      own,
      ['unit'],
      of(unit => unit.ownP99Ms / 1000),
    );
  }

  private signals(): void {
    const { pains, webhook } = this.tally;
    this.gauge('gateway_pain_open', 'Pains that have not ended.', ['severity'], () =>
      (['moderate', 'critical'] as const).map((severity): [Labels, number] => [{ severity }, pains.get(severity)]),
    );
    this.counter('gateway_webhook_total', 'Signals for the webhook by what became of them.', ['outcome'], () =>
      [...webhook.entries()].map(([outcome, value]): [Labels, number] => [{ outcome }, value]),
    );
  }

  private gauge(name: string, help: string, labelNames: string[], read: () => Samples): void {
    const collect = function (this: Gauge): void {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    };
    this.register(new Gauge({ name, help, labelNames, registers: [], collect }));
  }

  private counter(name: string, help: string, labelNames: string[], read: () => Samples): void {
    const collect = function (this: Counter): void {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    };
    this.register(new Counter({ name, help, labelNames, registers: [], collect }));
  }

  /** The newest gateway of a process is the one that shows. */
  private register(metric: object): void {
    const { name } = metric as { name: string };
    this.registry.removeSingleMetric(name);
    this.registry.registerMetric(metric as unknown as Metric);
  }
}

function count<K extends string>(all: readonly K[], found: readonly K[]): [K, number][] {
  return all.map(name => [name, found.filter(each => each === name).length]);
}

/** Calls by unit, from the tally's plain numbers; prom-client's own histogram would be paid for with each call. */
class CallDurations {
  readonly name = 'gateway_call_duration_seconds';
  private readonly help = 'Time from a call coming in to its answer going out, by unit.';

  constructor(private readonly tally: Tally) {}

  get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const values = [...this.tally.latencies()].flatMap(([unit, histogram]) => this.samples(unit, histogram));
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: 'histogram',
      aggregator: 'sum',
      values,
    } as unknown as MetricObjectWithValues<MetricValue<string>>);
  }

  reset(): void {}

  private samples(unit: string, { counts, sum, total }: Histogram): MetricValue<string>[] {
    let cumulative = 0;
    const bounds = [...LATENCY_BUCKETS, '+Inf'];
    const buckets = bounds.map((le, i) => {
      cumulative += counts[i]!;
      return { labels: { unit, le }, value: cumulative, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { unit }, value: sum, metricName: `${this.name}_sum` },
      { labels: { unit }, value: total, metricName: `${this.name}_count` },
    ] as MetricValue<string>[];
  }
}
