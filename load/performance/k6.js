/** What k6 says: the targets for clients by the thousand, met or not. */
import { HEADING, isGreen, row } from '../lib/tables/k6-table.js';
import { markdown } from '../lib/tables/markdown.js';

const IDLE = 'idle-websocket,idle-sse';
const CROWDS = 'websocket,sse,broadcast,storm,spike,failover,tools-call,websocket-tools-call';

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
        'Native clients, a hundred to a topic, that get messages, and callers, each before a gateway of its own (`npm run load:k6`, load/k6/). Green is: ' +
          'everybody is let in and stays, no message is missing, 99 of 100 messages and calls take less than 100 ms, and none of the ' +
          'calls a second while an instance is killed. In `broadcast` each message goes to all clients at once, and 99 of 100 may take half a ' +
          'second: k6 reads them with the same two cores that the gateway writes with, and what the last of them waits for is k6 more than the ' +
          'gateway (Fan-out above has another reader).',
        markdown([HEADING, ...results.map(row)]),
        crossed.length === 0 ? 'All of them are green.' : `Crossed: ${crossed.join(', ')}.`,
      ],
      charts: {},
    };
  },
};
