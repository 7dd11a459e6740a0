/** Calls by closed loops: under load and one at a time. */
import { markdown, whole } from '../lib/tables/markdown.js';
import { spread } from '../lib/tables/report.js';
import { compared, range } from '../lib/tables/rounds.js';
import { bars } from './bars.js';
import { ahead } from './words.js';

const FEW = 'direct,viable,viable-websocket,supergateway,mcp-proxy';
const VERDICTS = ['crossed', 'strays', 'lost', 'errors'];
const peers = (rounds, seconds, targets) => [
  ...['peers.js', '--idle', 0, '--clients', 20, '--in-flight', 64],
  ...['--rounds', rounds, '--seconds', seconds, '--alone', 2, ...(targets ? ['--targets', targets] : [])],
];

function table(ways) {
  const base = ways.find(({ name }) => name === 'direct')?.rounds;
  const heads = ['median (range)', 'calls/s', '× direct', 'p50 ms', 'p99 ms', 'gateway CPU µs/call', 'wrong or lost'];
  const rows = ways.map(({ name, title, rounds }) => [
    title,
    range(rounds, 'callsPerSecond'),
    name === 'direct' || !base ? '–' : range(compared(rounds, base, 'callsPerSecond'), 'ratio', 2),
    range(rounds, 'p50', 2),
    range(rounds, 'p99', 2),
    range(rounds, 'gatewayMicros'),
    whole(rounds.reduce((sum, round) => sum + VERDICTS.reduce((total, verdict) => total + round[verdict], 0), 0)),
  ]);
  return markdown([heads, ...rows]);
}

/** What broke, for people. */
const broken = ways =>
  ways.flatMap(({ title, rounds }) => {
    const why = [...new Set(rounds.flatMap(({ failures }) => failures))].slice(0, 2);
    return why.length > 0 ? [`${title}: ${why.join('; ')}.`] : [];
  });

/** Peers against our Streamable HTTP, which all of them speak. */
const beside = (ways, what) =>
  ahead(
    ways.find(({ name }) => name === 'viable'),
    ways.filter(({ name }) => !/^(direct|viable)/.test(name)),
    what,
  );
const panel = (title, ways, figure) => ({
  title,
  rows: ways.map(({ name, title: label, rounds }) => ({ name, title: label, value: spread(rounds, figure) })),
});

export const calls = {
  name: 'calls',
  title: 'Calls',
  runs: {
    short: { calls: [400, ...peers(3, 2, FEW)] },
    full: { calls: [2_400, ...peers(9, 3)] },
  },
  render({ calls: { results } }, about) {
    const alone = results.map(({ alone: rounds, ...way }) => ({ ...way, rounds }));
    return {
      text: [
        '`tools/call` at the same lean unit over stdio: directly, and through each gateway. They take turns, round by round. ' +
          'Each answer is checked against the text of its own call.',
        'Twenty sessions, 64 calls in flight:',
        table(results),
        'One session, one call at a time, right after the load, with warm code:',
        table(alone),
        `Under load: ${beside(results, { figure: 'callsPerSecond', what: 'more calls a second' })} ` +
          `One at a time: ${beside(alone, { figure: 'p50', what: 'a lower median latency', less: true })} ` +
          'Directly there is only a pipe, which no gateway can reach.',
        ...broken(results),
      ],
      charts: {
        calls: bars('Calls through gateways to the same stdio unit', about, [
          panel('calls/s under load, more is better', results, 'callsPerSecond'),
          panel('one call at a time, p50 ms, less is better', alone, 'p50'),
        ]),
      },
    };
  },
};
