import { Registry } from 'prom-client';
import { Reports } from '../telemetry/intelligence.js';
import { Counters } from '../telemetry/counters.js';
import { Budget } from '../kernel/budget.js';
import { Levers } from '../kernel/ports/levers.js';
import { DeliveryView, Vitals } from '../kernel/ports/vitals.js';
import { CallDurations } from './metrics/call-durations.js';
import { delivery } from './metrics/delivery.js';
import { EventCounts } from './metrics/event-counts.js';
import { adopt, Family, register } from './metrics/family.js';
import { intelligence } from './metrics/intelligence.js';
import { itself } from './metrics/itself.js';
import { systems } from './metrics/systems.js';
import { traffic } from './metrics/traffic.js';
import { units } from './metrics/units.js';

/** What metrics are read from. */
export interface MetricSources {
  version: string;
  counters: Counters;
  vitals: Vitals;
  delivery: DeliveryView;
  budget: Budget;
  levers: Levers;
  events: EventCounts;
  /** Undefined where nothing regulates. */
  reports?: Reports;
}

const NONE: Reports = { latest: () => undefined, patterns: () => [], anomalies: () => [], forecasts: () => [] };

/** The gateway's metrics (docs/METRICS.md). */
export class GatewayMetrics {
  readonly families: readonly Family[];
  readonly durations: readonly CallDurations[];

  constructor(registry: Registry, sources: MetricSources) {
    const { version, counters, vitals, budget, levers, events, reports } = sources;
    const found = intelligence(reports ?? NONE);
    this.families = [
      ...traffic(counters),
      ...units(vitals, counters),
      ...delivery(sources.delivery),
      ...systems(levers, counters, events),
      ...(reports ? found : []),
      ...itself(vitals, budget, version),
    ];
    for (const family of this.families) register(registry, family);
    this.durations = [
      new CallDurations(
        'gateway_call_duration_seconds',
        'Time from a call coming in to its answer going out.',
        'unit',
        () => counters.latencies(),
      ),
      new CallDurations(
        'gateway_transport_call_duration_seconds',
        "The same by the client's transport.",
        'transport',
        () => counters.latenciesByTransport(),
      ),
    ];
    for (const durations of this.durations) adopt(registry, durations);
    // Another gateway of this process may have had them.
    if (!reports) for (const { name } of found) registry.removeSingleMetric(name);
  }
}
