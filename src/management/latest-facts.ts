import { EventBus } from '../telemetry/event-bus.js';
import { Anomaly, GatewayReport } from '../telemetry/intelligence.js';
import { Clock } from '../kernel/clock.js';

/** Clients whose patterns are kept, and anomalies. */
const MOST = { clients: 10_000, anomalies: 1_000 };

export interface SeenPattern {
  client: string;
  pattern: string;
  /** The counts that show it. */
  evidence: object;
}

/** The newest of what S4 says, for who asks between two reports. */
export class LatestFacts {
  report: GatewayReport | null = null;
  private readonly patterns = new Map<string, Map<string, object>>();
  private readonly strange = new Map<string, Anomaly & { since: number }>();

  constructor(bus: EventBus, clock: Clock) {
    bus.on('gateway_metrics', report => (this.report = report));
    bus.on('usage_pattern', ({ client, pattern, evidence, present }) => {
      const known = this.patterns.get(client) ?? new Map<string, object>();
      if (present) known.set(pattern, evidence);
      else known.delete(pattern);
      this.patterns.delete(client);
      if (known.size === 0) return;
      if (this.patterns.size >= MOST.clients) this.patterns.delete(this.patterns.keys().next().value!);
      this.patterns.set(client, known);
    });
    bus.on('anomaly_detected', anomaly => {
      if (this.strange.size >= MOST.anomalies) this.strange.delete(this.strange.keys().next().value!);
      this.strange.set(`${anomaly.metric} ${anomaly.of}`, { ...anomaly, since: clock.now() });
    });
    bus.on('anomaly_ended', ({ metric, of }) => this.strange.delete(`${metric} ${of}`));
  }

  /** What a client does that is out of the ordinary, and the counts that show it. */
  patternsOf(client: string): { pattern: string; evidence: object }[] {
    return [...(this.patterns.get(client) ?? [])].map(([pattern, evidence]) => ({ pattern, evidence }));
  }

  /** The same of all clients. */
  allPatterns(): SeenPattern[] {
    return [...this.patterns.keys()].flatMap(client => this.patternsOf(client).map(each => ({ client, ...each })));
  }

  /** Figures that are out of what was learned of them, and since when, in ms since the epoch. */
  anomalies(): readonly (Anomaly & { since: number })[] {
    return [...this.strange.values()];
  }
}
