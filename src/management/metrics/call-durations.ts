import { MetricObjectWithValues, MetricValue } from 'prom-client';
import { Histogram, LATENCY_BUCKETS, Tally } from '../../events/tally.js';

/** Calls by unit, from the tally's plain numbers; prom-client's own histogram would be paid for with each call. */
export class CallDurations {
  readonly name = 'gateway_call_duration_seconds';
  readonly help = 'Time from a call coming in to its answer going out.';

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
