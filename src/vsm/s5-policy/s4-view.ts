import { Anomaly, LoadForecast, UsagePattern } from '../../telemetry/intelligence.js';
import { Counters } from '../../telemetry/counters.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { Clock } from '../../kernel/clock.js';
import { S4Outlook } from './conflict-rules.js';

/** Clients whose patterns are kept, and anomalies. */
const MOST = 10_000;

/** What S4 has said, as long as it counts. */
export class S4View {
  private readonly forecasts = new Map<LoadForecast['metric'], LoadForecast & { until: number }>();
  private readonly patterns = new Map<string, Set<string>>();
  /** What has errors out of the ordinary: units, instances, or '' for the gateway. */
  private readonly anomalies = new Set<string>();

  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {}

  forecast(forecast: LoadForecast): void {
    this.forecasts.set(forecast.metric, { ...forecast, until: this.clock.elapsed() + forecast.horizonMs });
  }

  pattern({ client, pattern, present }: UsagePattern): void {
    const patterns = this.patterns.get(client) ?? new Set();
    if (present) patterns.add(pattern);
    else patterns.delete(pattern);
    if (patterns.size === 0) return void this.patterns.delete(client);
    if (this.patterns.size >= MOST && !this.patterns.has(client))
      this.patterns.delete(this.patterns.keys().next().value!);
    this.patterns.set(client, patterns);
  }

  anomaly({ metric, of }: Pick<Anomaly, 'of'> & { metric: string }, present: boolean): void {
    if (metric !== 'error_rate') return;
    if (!present) this.anomalies.delete(of);
    else if (this.anomalies.size < MOST) this.anomalies.add(of);
  }

  outlook(strained: boolean): S4Outlook {
    const now = this.clock.elapsed();
    const valid = [...this.forecasts.values()].filter(({ until }) => until > now);
    const growth = Math.max(1, ...valid.map(each => each.expected / Math.max(each.now, 1)));
    return {
      growth,
      horizonMs: Math.max(0, ...valid.map(({ until }) => Math.ceil(until - now))),
      expectedConnections: transport => this.expected(transport as TransportName, valid),
      patternOf: client => this.patterns.get(client)?.values().next().value,
      hasErrorAnomaly: target => this.anomalies.has(target) || this.anomalies.has(target.split('/')[0]!),
      strained,
    };
  }

  /** Of all that are expected as large a part as the transport has now. */
  private expected(transport: TransportName, forecasts: readonly LoadForecast[]): number {
    const forecast = forecasts.find(({ metric }) => metric === 'connections');
    if (!forecast) return 0;
    let all = 0;
    for (const [, count] of this.counters.connections.entries()) all += count;
    return all === 0 ? 0 : (forecast.expected * this.counters.connections.get(transport)) / all;
  }
}
