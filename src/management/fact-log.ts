import { EventBus } from '../telemetry/event-bus.js';
import { EventMap, Topic } from '../telemetry/event-map.js';
import { Log } from '../kernel/log.js';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** docs/LOGS.md has them too; a test compares. */
export const LEVELS: Record<Topic, Level> = {
  session_opened: 'info',
  session_closed: 'info',
  client_presence: 'debug',
  transport_switched: 'info',
  connection_broken: 'debug',
  external_message: 'debug',
  link_opened: 'debug',
  link_failed: 'warn',
  link_lost: 'warn',
  call_failed: 'debug',
  lease_reclaimed: 'info',
  circuit_changed: 'warn',
  transport_circuit_changed: 'warn',
  instance_out: 'warn',
  instance_back: 'info',
  pool_exhausted: 'warn',
  pool_relieved: 'info',
  check_oscillation: 'debug',
  allocate_connections: 'info',
  adjust_rate_limit: 'info',
  force_circuit_state: 'info',
  audit_discrepancy: 'warn',
  gateway_metrics: 'debug',
  usage_pattern: 'info',
  anomaly_detected: 'warn',
  anomaly_ended: 'info',
  load_forecast: 'debug',
  policy_update: 'info',
  policy_rejected: 'error',
  check_compliance: 'debug',
  verify_identity: 'debug',
  mode_changed: 'warn',
  pain: 'warn',
  pleasure: 'info',
  lever_moved: 'info',
  decision: 'info',
  internal_fault: 'error',
  drain_started: 'info',
  drain_finished: 'info',
};

/** Levels of a log that shows what is of level debug. */
const VERBOSE = new Set(['trace', 'debug']);

/** Writes every fact on the bus as one line of the log. */
export class FactLog {
  private readonly ends = new Map<Topic, () => void>();

  constructor(
    private readonly bus: EventBus,
    private readonly log: Log,
  ) {
    this.follow(log.level);
  }

  /** @param level of the log: what it would not show is not listened for, because some of it is told of each message */
  follow(level: string): void {
    for (const topic of Object.keys(LEVELS) as Topic[]) {
      const wanted = LEVELS[topic] !== 'debug' || VERBOSE.has(level);
      if (wanted === this.ends.has(topic)) continue;
      this.ends.get(topic)?.();
      this.ends.delete(topic);
      if (wanted)
        this.ends.set(
          topic,
          this.bus.on(topic, payload => this.write(topic, payload)),
        );
    }
  }

  private write(topic: Topic, payload: EventMap[Topic]): void {
    this.log[LEVELS[topic]](payload, topic);
  }
}
