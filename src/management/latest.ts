import { Bus } from '../events/bus.js';
import { GatewayReport } from '../events/intelligence.js';

/** Clients whose patterns are kept. */
const MOST = 10_000;

/** The newest of what S4 says, for who asks between two reports. */
export class Latest {
  report: GatewayReport | null = null;
  private readonly patterns = new Map<string, Map<string, object>>();

  constructor(bus: Bus) {
    bus.on('gateway_metrics', report => (this.report = report));
    bus.on('usage_pattern', ({ client, pattern, evidence, present }) => {
      const known = this.patterns.get(client) ?? new Map<string, object>();
      if (present) known.set(pattern, evidence);
      else known.delete(pattern);
      this.patterns.delete(client);
      if (known.size === 0) return;
      if (this.patterns.size >= MOST) this.patterns.delete(this.patterns.keys().next().value!);
      this.patterns.set(client, known);
    });
  }

  /** What a client does that is out of the ordinary, and the counts that show it. */
  patternsOf(client: string): { pattern: string; evidence: object }[] {
    return [...(this.patterns.get(client) ?? [])].map(([pattern, evidence]) => ({ pattern, evidence }));
  }
}
