/** Calls by closed loops: under load and one at a time. */
import { markdown, whole } from '../lib/markdown.js';
import { spread } from '../lib/report.js';
import { compared, range } from '../lib/rounds.js';
import { bars } from './bars.js';
import { ahead } from './words.js';

const FEW = 'direct,viable,viable-websocket,supergateway,mcp-proxy';
const VERDICTS = ['crossed', 'strays', 'lost', 'errors'];
const peers = (clients, inFlight, rounds, seconds, targets) => [
  ...['peers.js', '--idle', '0', '--clients', clients, '--in-flight', inFlight],
  ...['--rounds', rounds, '--seconds', seconds, ...(targets ? ['--targets', targets] : [])],
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

const gateways = ways => ways.filter(({ name }) => name !== 'direct');
const panel = (title, ways, figure) => ({
  title,
  rows: ways.map(({ name, title: label, rounds }) => ({ name, title: label, value: spread(rounds, figure) })),
});

export const calls = {
  name: 'calls',
  title: 'Calls',
  runs: {
    short: { load: [240, ...peers(20, 64, 3, 2, FEW)], single: [200, ...peers(1, 1, 3, 2, FEW)] },
    full: { load: [1_800, ...peers(20, 64, 9, 3)], single: [1_200, ...peers(1, 1, 9, 3)] },
  },
  render({ load: { results: loaded }, single: { results: alone } }, about) {
    const ours = loaded.find(({ name }) => name === 'viable');
    const one = alone.find(({ name }) => name === 'viable');
    return {
      text: [
        '`tools/call` at the same lean unit over stdio: directly, and through each gateway. They take turns, round by round. ' +
          'Each answer is checked against the text of its own call.',
        'Twenty sessions, 64 calls in flight:',
        table(loaded),
        'One session, one call at a time:',
        table(alone),
        `Under load: ${ahead(ours, gateways(loaded), { figure: 'callsPerSecond', what: 'more calls a second' })} ` +
          `One at a time: ${ahead(one, gateways(alone), { figure: 'p50', what: 'a lower median latency', less: true })} ` +
          'Directly there is only a pipe, which no gateway can reach.',
        ...broken(loaded),
      ],
      charts: {
        calls: bars('Calls through gateways to the same stdio unit', about, [
          panel('calls/s under load, more is better', loaded, 'callsPerSecond'),
          panel('one call at a time, p50 ms, less is better', alone, 'p50'),
        ]),
      },
    };
  },
};
