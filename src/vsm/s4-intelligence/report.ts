import { GatewayReport } from '../../telemetry/intelligence.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { ErrorCode } from '../../kernel/errors.js';
import { PoolVitals } from '../../kernel/ports/vitals.js';
import { answersIn, LatencyWindows, quantileMs } from './latency.js';
import { Rate, sumOf } from './rate.js';

/**
 * Errors with which calls end through no fault of their client: the gateway or a unit failed or had no room. Refusals
 * at the doors, of credentials, rates and malformed frames are not failures of the gateway, nor is an unit's own error.
 */
const FAILURES = [
  'internal_error',
  'unit_unavailable',
  'outcome_unknown',
  'pool_timeout',
  'unit_timeout',
  'unit_busy',
  'circuit_open',
  'overloaded',
  'state_lost',
] as const satisfies readonly ErrorCode[];

/** Calls that failed since the start. */
export function failuresIn(counters: Counters): number {
  let failures = 0;
  for (const code of FAILURES) failures += counters.errors.get(code);
  return failures;
}

/** S4's report of the gateway, each over the time since the one before. */
export class Reporter {
  private readonly messages = new Rate();
  private readonly latencies = new LatencyWindows();
  private failures = 0;

  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {
    this.report([]);
  }

  /**
   * `error_rate` is failures / (failures + answers): of the calls that ended, the share that ended with one of the
   * gateway's own errors. `latency_p99` is of those that were answered by a unit.
   */
  report(pools: readonly PoolVitals[]): GatewayReport {
    const { counters } = this;
    const buckets = this.latencies.take(counters.latencies());
    const answers = answersIn(buckets);
    const failures = failuresIn(counters) - this.failures;
    this.failures += failures;
    return {
      metric_type: 'gateway_performance',
      timestamp: new Date(this.clock.now()).toISOString(),
      data: {
        active_connections: sumOf(counters.connections),
        message_rate: this.messages.next(
          sumOf(counters.messagesIn) + sumOf(counters.messagesOut),
          this.clock.elapsed(),
        ),
        latency_p99: quantileMs(buckets, 0.99),
        transport_distribution: Object.fromEntries(counters.connections.entries()),
        error_rate: failures === 0 ? 0 : failures / (failures + answers),
        pool_utilization: Math.max(0, ...pools.map(({ inUse, limit }) => (limit > 0 ? inUse / limit : 0))),
      },
    };
  }
}
