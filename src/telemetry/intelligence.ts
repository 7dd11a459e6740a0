/** S4's report, every ten seconds. */
export interface GatewayReport {
  metric_type: 'gateway_performance';
  /** ISO 8601. */
  timestamp: string;
  data: {
    active_connections: number;
    /** Messages per second, in and out. */
    message_rate: number;
    /** Milliseconds; of calls answered since the last report. */
    latency_p99: number;
    transport_distribution: Readonly<Record<string, number>>;
    /** 0 … 1: share of calls that were answered with an error of the gateway's. */
    error_rate: number;
    /** 0 … 1: leases in use of those there may be, of the instance where it is most. */
    pool_utilization: number;
  };
}

export const PATTERNS = [
  'rapid_reconnect',
  'connection_hoarding',
  'message_flood',
  'slow_consumer',
  'tool_hammering',
] as const;

/** What a client does that is out of the ordinary. */
export interface UsagePattern {
  client: string;
  pattern: (typeof PATTERNS)[number];
  /** Counts that led to it, each named with its unit. */
  evidence: Readonly<Record<string, number | string>>;
  /** False when it is over. */
  present: boolean;
}

export const ANOMALY_METRICS = ['latency', 'error_rate', 'traffic'] as const;

/** A figure that is out of what was learned of it. */
export interface Anomaly {
  metric: (typeof ANOMALY_METRICS)[number];
  /** A unit, an instance's id, or empty for the gateway. */
  of: string;
  value: number;
  expected: number;
  /** Robust z-score. */
  score: number;
}

/** What S4 expects. */
export interface LoadForecast {
  metric: 'connections' | 'messages';
  /** Now, and after `horizonMs`; messages per second. */
  now: number;
  expected: number;
  horizonMs: number;
}

/** What S4 has found out, for those who ask rather than listen. */
export abstract class Reports {
  /** The newest; undefined until the first. */
  abstract latest(): GatewayReport | undefined;
  /** Those that are present. */
  abstract patterns(): readonly UsagePattern[];
  abstract anomalies(): readonly Anomaly[];
  /** The newest of each metric. */
  abstract forecasts(): readonly LoadForecast[];
}
