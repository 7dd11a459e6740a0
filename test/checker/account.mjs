/** What a run comes to, as text that is short enough to be read. */

const whole = value => Math.round(value).toLocaleString('en-US');

/** Clients and rules; the first few tell what is broken, and the rest is mostly what followed from it. */
const TOLD = 5;

const list = counts =>
  Object.entries(counts)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(', ');

export function account({ violations, troubles, facts }) {
  const { accepted, due, dispatched, seconds, quietSeconds, refused, unknown, publishing, clients } = facts;
  const lines = [
    `${whole(accepted)} messages accepted in ${seconds.toFixed(1)} s, ${whole(due)} to be dispatched, ` +
      `${whole(dispatched)} dispatched (the last ${quietSeconds.toFixed(1)} s after the last was published)`,
    `${whole(refused)} refused, ${whole(unknown)} with unknown outcome`,
    `publishing: ${list(publishing)}`,
    `clients: ${list(clients)}`,
    ...[...troubles].slice(0, TOLD).map(([text, count]) => `${count} × ${text}`),
  ];
  if (violations.length === 0) return [...lines, 'no violations', ''].join('\n');
  lines.push(`${violations.length} violations; the first:`);
  for (const { client, rule, text, trail } of violations.slice(0, TOLD)) {
    lines.push(`  ${client}: ${rule}: ${text}`);
    if (violations[0].trail === trail) lines.push(...trail.map(line => `      ${line}`));
  }
  return [...lines, ''].join('\n');
}
