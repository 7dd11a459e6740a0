/** Rounds to figures, figures to text. */

/** Median, smallest and largest of one figure over the rounds that have it. */
export function spread(rounds, figure) {
  const values = rounds.map(round => round[figure]).filter(Number.isFinite);
  if (values.length === 0) return undefined;
  values.sort((a, b) => a - b);
  return { median: median(values), min: values[0], max: values.at(-1) };
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const FIGURES = ['callsPerSecond', 'ratio', 'p50', 'added', 'p99', 'gatewayMicros', 'gatewayBusy', 'clientMicros'];

/**
 * @param rounds one way's runs, one for each round
 * @param base the runs of the way it is compared with, in the same rounds; undefined where there is none
 */
export function summary(rounds, base) {
  const compared = rounds.map((round, i) => ({
    ...round,
    ratio: base && round.callsPerSecond / base[i].callsPerSecond,
    added: base && round.p50 - base[i].p50,
  }));
  return {
    ...Object.fromEntries(FIGURES.map(figure => [figure, spread(compared, figure)])),
    calls: rounds.reduce((sum, round) => sum + round.calls, 0),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    rounds,
  };
}

const ms = value => value.toFixed(2);
const whole = value => value.toFixed(0);

/** Heading, what stands in the cell, and whether smallest and largest stand there too. */
const COLUMNS = {
  load: [
    ['calls/s', ({ callsPerSecond }) => cell(callsPerSecond, whole, true)],
    ['× direct', ({ ratio }) => cell(ratio, ms, true)],
    ['p50 ms', ({ p50 }) => cell(p50, ms)],
    ['p99 ms', ({ p99 }) => cell(p99, ms)],
    ['gateway µs/call', ({ gatewayMicros }) => cell(gatewayMicros, whole, true)],
    ['gateway CPU', ({ gatewayBusy }) => cell(gatewayBusy, percent)],
    ['client µs/call', ({ clientMicros }) => cell(clientMicros, whole)],
    ['calls', ({ calls }) => String(calls)],
    ['errors', ({ errors }) => String(errors)],
  ],
  latency: [
    ['p50 ms', ({ p50 }) => cell(p50, ms, true)],
    ['+ direct ms', ({ added }) => cell(added, ms, true)],
    ['p99 ms', ({ p99 }) => cell(p99, ms, true)],
    ['calls/s', ({ callsPerSecond }) => cell(callsPerSecond, whole)],
    ['calls', ({ calls }) => String(calls)],
    ['errors', ({ errors }) => String(errors)],
  ],
};

function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}

function cell(value, format, wide = false) {
  if (value === undefined) return '';
  const { median, min, max } = value;
  return wide ? `${format(median)} (${format(min)}–${format(max)})` : format(median);
}

/** @param ways `{ name, load, latency }` each, as `summary` has made them */
export function table(ways, kind) {
  // A scenario without a direct way has nothing to compare with.
  const columns = COLUMNS[kind].filter(([, text]) => ways.some(way => text(way[kind]) !== ''));
  const rows = [['', ...columns.map(([heading]) => heading)]];
  for (const way of ways) rows.push([way.name, ...columns.map(([, text]) => text(way[kind]))]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(row =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '),
  );
}
