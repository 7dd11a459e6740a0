/** Messages to many clients: broadcasts, and to each its own. */
import { markdown } from '../lib/tables/markdown.js';
import { spread } from '../lib/tables/report.js';
import { compared, range } from '../lib/tables/rounds.js';
import { bars } from './bars.js';
import { ahead, named } from './words.js';

const ALL = ['--side', 'bare,gateway,socket.io,bare-sse,gateway-sse'];
const BASES = { gateway: 'bare', post: 'bare', 'socket.io': 'bare', 'gateway-sse': 'bare-sse' };
const HEADS = ['messages/s', '× bare', 'p50 ms', 'p99 ms', 'server CPU s/million', 'event-loop delay p99 ms'];

const renamed = ({ title, ways }) => ({ title, ways: ways.map(way => ({ ...way, title: named(way.title) })) });

function table({ ways }) {
  const rows = ways.map(({ name, title, rounds }) => {
    const base = ways.find(way => way.name === BASES[name])?.rounds;
    return [
      title,
      range(rounds, 'perSecond'),
      base ? range(compared(rounds, base, 'perSecond'), 'ratio', 2) : '–',
      range(rounds, 'p50', 1),
      range(rounds, 'p99', 1),
      range(rounds, 'secondsPerMillion', 2),
      range(rounds, 'loopP99', 1),
    ];
  });
  return markdown([['median (range)', ...HEADS], ...rows]);
}

const panel = (title, { ways }, figure) => ({
  title,
  rows: ways.map(({ name, title: label, rounds }) => ({ name, title: label, value: spread(rounds, figure) })),
});

function against({ ways }, what) {
  const pairs = [
    ['gateway', name => !name.endsWith('sse') && name !== 'post'],
    ['gateway-sse', name => name.endsWith('sse')],
  ];
  return pairs
    .map(([name, same]) =>
      ahead(
        ways.find(way => way.name === name),
        ways.filter(way => same(way.name)),
        what,
      ),
    )
    .join(' ');
}

const MORE = { figure: 'perSecond', what: 'more messages a second' };

export const fanOut = {
  name: 'fanout',
  title: 'Fan-out',
  runs: {
    short: { push: [300, 'fanout.js', '--only', 'broadcast', '--connections', 1_000, '--rounds', 5, ...ALL] },
    full: { push: [3_000, 'fanout.js', '--only', 'broadcast', '--connections', 10_000, '--rounds', 9, ...ALL] },
  },
  render({ push: { report, wrong } }, about) {
    const [single, burst] = report.map(renamed);
    return {
      text: [
        'One process sends the same message to all its clients, who are another process and check that they get each message ' +
          'once and in order. Bare `ws` and bare `node:http` loop over their clients with a frame that is made once, and keep and promise ' +
          'nothing; Socket.IO runs over WebSocket alone. Viable keeps each message for each client until it can be sent again after a ' +
          'broken connection, which none of the others does as it is set up here.',
        `${single.title}:`,
        table(single),
        `${burst.title}:`,
        table(burst),
        against(single, MORE),
        ...wrong,
      ],
      charts: {
        fanout: bars('One message to all clients', about, [
          panel(`messages/s: ${single.title}`, single, 'perSecond'),
          panel(`messages/s: ${burst.title}`, burst, 'perSecond'),
        ]),
      },
    };
  },
};

export const sequenced = {
  name: 'sequenced',
  title: 'To each client its own',
  runs: {
    short: {
      thousand: [300, ...own(1_000, 3, 3)],
      'ten-thousand': [1_200, ...own(10_000, 3, 5)],
    },
    full: {
      thousand: [900, ...own(1_000, 7, 8)],
      'ten-thousand': [3_000, ...own(10_000, 7, 8)],
    },
  },
  render(results, about) {
    const runs = Object.values(results).map(({ report, wrong }) => ({ ...renamed(report[0]), wrong }));
    return {
      text: [
        'Numbered by the server, published in its process by the clock. What could not be published in time is not, so messages/s is ' +
          'what it sustains. Event-loop delay is how late a timer was in the server, which publishes in turns of 100 messages.',
        ...runs.flatMap(run => [`${run.title}:`, table(run), comparison(run), ...run.wrong]),
      ],
      charts: {
        sequenced: bars(
          'To each client messages of its own',
          about,
          runs.flatMap(run => [
            panel(`messages/s: ${run.title}`, run, 'perSecond'),
            panel('server CPU, seconds for a million messages, less is better', run, 'secondsPerMillion'),
            panel('p99 ms, less is better', run, 'p99'),
          ]),
        ),
      },
    };
  },
};

const comparison = run =>
  `${against(run, MORE)} In CPU for a message: ${against(run, { figure: 'secondsPerMillion', what: 'less of it', less: true })}`;

function own(connections, rounds, seconds) {
  const size = ['--connections', connections, '--rounds', rounds, '--seconds', seconds];
  return ['fanout.js', '--only', 'sequenced', ...size, ...ALL];
}
