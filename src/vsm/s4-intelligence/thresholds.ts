import { PATTERNS, UsagePattern } from '../../telemetry/intelligence.js';

export type PatternName = UsagePattern['pattern'];
export type Thresholds = Readonly<Record<PatternName, number>>;

/** From where on each pattern is present. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  /** Connects in a minute beyond the connections held. */
  rapid_reconnect: 10,
  /** Share of the connections that a client may have. */
  connection_hoarding: 0.8,
  /** Times the messages per second that a client may send. */
  message_flood: 5,
  /** Messages that wait behind the window. */
  slow_consumer: 100,
  /** Calls of one tool per second. */
  tool_hammering: 50,
};

/** How many looks in a row it takes for a pattern to begin, and to be over. A look is half a second by default. */
export const STREAKS: Readonly<Record<PatternName, { begins: number; ends: number }>> = {
  rapid_reconnect: { begins: 1, ends: 10 },
  connection_hoarding: { begins: 4, ends: 4 },
  message_flood: { begins: 1, ends: 10 },
  slow_consumer: { begins: 3, ends: 3 },
  tool_hammering: { begins: 3, ends: 10 },
};

/**
 * The thresholds under a policy: its constraints `pattern_NAME` replace those here.
 * @param constraints of a policy; what is not a number above 0 is left out
 */
export function thresholdsUnder(constraints: Readonly<Record<string, unknown>>): Thresholds {
  const thresholds = { ...DEFAULT_THRESHOLDS };
  for (const name of PATTERNS) {
    const value = constraints[`pattern_${name}`];
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) thresholds[name] = value;
  }
  return thresholds;
}
