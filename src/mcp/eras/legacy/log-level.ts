/** Severities of log messages (MCP 2025-11-25, logging; RFC 5424), from the least severe on. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

export function isLogLevel(level: unknown): level is string {
  return LEVELS.includes(level as string);
}

/** Whether a message of this level is for somebody who asked for `wanted` and above. */
export function isSevereEnough(level: unknown, wanted: string): boolean {
  return LEVELS.indexOf(level as string) >= LEVELS.indexOf(wanted);
}

/** The one by which all of these get what they asked for; undefined for none. */
export function leastSevere(levels: Iterable<string>): string | undefined {
  const asked = new Set(levels);
  return LEVELS.find(level => asked.has(level));
}
