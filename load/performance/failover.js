/** How long there is nothing when something breaks. */
import { gapsTable } from '../lib/tables/gaps-table.js';
import { decimal, markdown, whole } from '../lib/tables/markdown.js';
import { quantile } from '../lib/tables/stats.js';
import { named } from './words.js';

export const failover = {
  name: 'failover',
  title: 'When something breaks',
  runs: {
    short: {
      resume: [200, 'resume.js', '--drops', 100, '--clients', 25, '--at-once', 5],
      killed: [200, 'failover.js', '--rounds', 5],
    },
    full: { resume: [1_500, 'resume.js'], killed: [900, 'failover.js', '--rounds', 20] },
  },
  render({ resume, killed }) {
    const rows = resume.results.map(({ title, results }) => {
      const first = results.map(result => result.first);
      return [
        named(title),
        whole(first.length),
        ...[0.25, 0.5, 0.75, 0.99, 1].map(share => decimal(quantile(first, share), 1)),
      ];
    });
    const heads = [
      'first message, ms from the drop',
      'drops',
      'lower quartile',
      'median',
      'upper quartile',
      'p99',
      'longest',
    ];
    return {
      text: [
        '**A client loses its connection** while five messages wait for it, and comes back:',
        markdown([heads, ...rows]),
        'The bare server keeps what it is told to keep in a list and asks for nothing; `viable/client` waits before it comes back, so that ' +
          'thousands do not come at once. Socket.IO is not measured here: what recovers a connection there is off unless it is asked for.',
        ...resume.wrong,
        '**An instance of a unit is killed** under 500 calls a second of 20 sessions; Viable with two instances over HTTP, `stateless` and ' +
          '`trusted`:',
        gapsTable(killed.rounds),
        'A session calls each 40 ms, so a gap cannot be much shorter. supergateway and mcp-proxy stand before one instance and have no other ' +
          'to go to: there is nothing to measure.',
        ...killed.wrong,
      ],
      charts: {},
    };
  },
};
