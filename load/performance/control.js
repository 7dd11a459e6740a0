/** What the control plane costs. */
import { markdown } from '../lib/tables/markdown.js';
import { of, ratio } from '../lib/tables/rivals.js';
import { HEADING, row } from '../lib/tables/sides-table.js';
import { quantile } from '../lib/tables/stats.js';
import { bars } from './bars.js';

const SIDES = { off: 'without', on: 'with' };

export const control = {
  name: 'control',
  title: 'The control plane',
  runs: {
    short: { cost: [300, 'regulation-cost.js', '--rounds', 8, '--renew', 4] },
    full: { cost: [1_500, 'regulation-cost.js'] },
  },
  render({ cost: { results } }, about) {
    const left = results.map(({ title, rounds }) => `${title} ${(ratio(rounds, 'callsPerSecond') * 100).toFixed(1)} %`);
    const panels = results.map(({ title, rounds }) => ({
      title: `calls/s: ${title} (quartiles)`,
      rows: Object.entries(SIDES).map(([side, label]) => {
        const [min, median, max] = [0.25, 0.5, 0.75].map(share => quantile(of(rounds, side, 'callsPerSecond'), share));
        const name = side === 'on' ? 'viable' : 'nothing';
        return { name, title: `${label} regulation`, value: { median, min, max } };
      }),
    }));
    return {
      text: [
        'The same calls through a gateway with regulation and through one without, in turns.',
        markdown([HEADING, ...results.map(row)]),
        `Left of the throughput: ${left.join('; ')}. Two processes of the same program differ by some percent here, so what lies ` +
          'within the quartiles is no difference.',
      ],
      charts: { control: bars('The same calls with the control plane and without', about, panels) },
    };
  },
};
