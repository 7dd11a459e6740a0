/** Calls by the clock. */
import { whole } from '../lib/tables/markdown.js';
import { openTable } from '../lib/tables/open-table.js';
import { curves } from './curves.js';

/** Of the rates: the highest that every way was measured at, and the highest of all. */
function panels({ rates, ways }) {
  const measured = rate => ways.filter(({ at }) => at.some(one => one.rate === rate));
  const most = Math.max(...rates.map(rate => measured(rate).length));
  const shown = new Set([rates.findLast(rate => measured(rate).length === most), rates.at(-1)]);
  return [...shown].map(rate => ({
    title: `${whole(rate)} calls/s`,
    ways: measured(rate).map(({ name, title, at }) => ({
      name,
      title,
      curve: at.find(one => one.rate === rate).curve,
    })),
  }));
}

/** Why calls failed, in the words of whoever refused them; the numbers in them are of one moment. */
function reasons({ ways }) {
  return ways.flatMap(({ title, at }) => {
    const rounds = at.flatMap(one => one.rounds);
    const failed = rounds.reduce((sum, { errors }) => sum + errors, 0);
    const [why = ''] = rounds.flatMap(({ failures }) => failures);
    const said = /"message":"([^"]*)"/.exec(why)?.[1] ?? why.slice(0, 200);
    return failed > 0
      ? [`${title}: ${whole(failed)} calls failed, such as with "${said}". Latency includes refusals.`]
      : [];
  });
}

export const openLoop = {
  name: 'open',
  title: 'Latency by the clock',
  runs: {
    short: { open: [400, 'open.js', '--rounds', 2, '--seconds', 3] },
    full: { open: [3_000, 'open.js', '--rounds', 5, '--seconds', 10] },
  },
  render({ open }, about) {
    const reached = open.ways.map(({ title, reached: some, failure }) => `${title} ${failure ?? whole(some)}`);
    return {
      text: [
        'Calls are due by a clock, whether or not earlier ones were answered, and latency counts from when a call was due, so ' +
          'that what waits behind a slow answer counts in full (no coordinated omission). HDR histograms. Rates are 20, 50 and ' +
          '80 % of what a closed loop reached at the slowest way, and at the slowest way of Viable; nobody is measured above ' +
          '90 % of what it reached.',
        `Reached by the closed loop, calls/s: ${reached.join('; ')}.`,
        openTable(open),
        ...reasons(open),
        'The generator looks at the clock each millisecond and shares the cores with everything else: what it was late itself is ' +
          'in the latency of all ways alike, and not in `p50 from sending`. A round of fewer than a thousand calls has no p99.9.',
      ],
      charts: { open: curves('Latency of calls that come by the clock', about, panels(open)) },
    };
  },
};
