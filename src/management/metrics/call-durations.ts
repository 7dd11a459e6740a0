import { MetricObjectWithValues, MetricValue } from 'prom-client';
import { Histogram, LATENCY_BUCKETS } from '../../telemetry/counters.js';

/** Calls by something, from the tally's plain numbers; prom-client's own histogram would be paid for with each call. */
export class CallDurations {
  readonly type = 'histogram';

  constructor(
    readonly name: string,
    readonly help: string,
    /** What they are told apart by. */
    readonly label: string,
    private readonly histograms: () => Iterable<[key: string, Histogram]>,
  ) {}

  get labels(): readonly string[] {
    return [this.label, 'le'];
  }

  get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const values = [...this.histograms()].flatMap(([key, histogram]) => this.samples(key, histogram));
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: 'sum',
      values,
    } as unknown as MetricObjectWithValues<MetricValue<string>>);
  }

  reset(): void {}

  private samples(key: string, { counts, sum, total }: Histogram): MetricValue<string>[] {
    const own = { [this.label]: key };
    let cumulative = 0;
    const bounds = [...LATENCY_BUCKETS, '+Inf'];
    const buckets = bounds.map((le, i) => {
      cumulative += counts[i]!;
      return { labels: { ...own, le }, value: cumulative, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels: own, value: sum, metricName: `${this.name}_sum` },
      { labels: own, value: total, metricName: `${this.name}_count` },
    ] as MetricValue<string>[];
  }
}
