/** What k6 says: the targets for clients by the thousand, met or not. */
import { HEADING, isGreen, row } from '../lib/k6-table.js';
import { markdown } from '../lib/markdown.js';

const IDLE = 'idle-websocket,idle-sse';
const CROWDS = 'websocket,sse,storm,spike,failover,tools-call,websocket-tools-call';

export const k6 = {
  name: 'k6',
  title: 'By k6',
  runs: {
    short: {
      crowds: [600, 'k6.js'],
      idle: [900, 'k6.js', '--profile', 'full', '--only', IDLE],
    },
    full: {
      crowds: [1_800, 'k6.js', '--profile', 'full', '--only', CROWDS],
      idle: [900, 'k6.js', '--profile', 'full', '--only', IDLE],
    },
  },
  render({ crowds, idle }) {
    const results = [...crowds.results, ...idle.results];
    const crossed = results.filter(result => !isGreen(result)).map(({ name }) => name);
    return {
      text: [
        'Native clients that get broadcasts, and callers, each before a gateway of its own (`npm run load:k6`, load/k6/). Green is: everybody is let in and ' +
          'stays, no message is missing, 99 of 100 messages and calls take less than 100 ms, and none of the calls a second while an ' +
          'instance is killed. A broadcast reaches all clients at once, and k6 reads with the same two cores that the gateway writes ' +
          'with: what the last of them waits for is k6 as well.',
        markdown([HEADING, ...results.map(row)]),
        crossed.length === 0 ? 'All of them are green.' : `Crossed: ${crossed.join(', ')}.`,
      ],
      charts: {},
    };
  },
};
