import { ANOMALY_METRICS, LoadForecast, PATTERNS, Reports } from '../../telemetry/intelligence.js';
import { Family, gauge, Samples } from './family.js';

/** What S4 finds and expects; known only where something regulates. */
export function intelligence(reports: Reports): Family[] {
  const expected = (metric: LoadForecast['metric']) => (): Samples =>
    reports
      .forecasts()
      .filter(forecast => forecast.metric === metric)
      .map(forecast => [{}, forecast.expected]);
  const ahead = 'expected 60 seconds from now, for autoscalers.';
  return [
    gauge('gateway_usage_patterns', 'Clients that show a usage pattern now.', ['pattern'], () => {
      const found = reports.patterns().map(({ pattern }) => pattern);
      return count('pattern', PATTERNS, found);
    }),
    gauge('gateway_anomalies', 'Figures that are out of what was learned of them.', ['metric'], () => {
      const found = reports.anomalies().map(({ metric }) => metric);
      return count('metric', ANOMALY_METRICS, found);
    }),
    gauge('gateway_forecast_connections', `Client connections ${ahead}`, [], expected('connections')),
    gauge('gateway_forecast_messages_per_second', `Messages in and out ${ahead}`, [], expected('messages')),
  ];
}

function count<K extends string>(label: string, all: readonly K[], found: readonly K[]): Samples {
  return all.map(name => [{ [label]: name }, found.filter(each => each === name).length]);
}
