#!/usr/bin/env node
/** Messages from the gateway to ten thousand clients, beside bare servers that send them in a loop and Socket.IO. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { command, machine, options, progress } from './lib/command.js';
import { decimal, markdown, whole } from './lib/tables/markdown.js';
import { broadcasts, byPost, inside, sequenced } from './lib/loops/push-runs.js';
import { compared, range } from './lib/tables/rounds.js';
import { chosenServers, needFiles, SERVERS, SIDES, withSides } from './lib/servers/sides.js';
import { SLOW_NUMBERS, slow } from './lib/loops/slow.js';

const HELP = `fanout — messages pushed to many clients, by the gateway and by other servers in turns

Usage: npm run bench:fanout -- [--connections N] [--rounds N] [--only broadcast|sequenced] [--acks yes|no] …
       npm run bench:fanout -- --slow [--rounds N] …

  --connections N  clients of each server (default 10000; 1000 with --slow)
  --rounds N       each measures every way once (default 5; 30 with --slow)
  --only NAME      broadcast or sequenced instead of both
  --side A,B       which servers: ${Object.keys(SERVERS).join(', ')} (default bare,gateway;
                   with --slow only these two). Socket.IO is installed into load/.peers by the first run that wants it
  --acks yes|no    whether clients acknowledge what arrives, within 50 ms (default no; with --slow always, at once)
  --size N         bytes of a payload (default 100)
  --json FILE      also write all rounds there
  -h, --help       print this and exit

broadcast: one message to all, when all have the one before, and several back to back
  --broadcasts N   in a round, one at a time (default 10)
  --burst N        in a round, back to back (default 20)

sequenced: to each client messages of its own, numbered by the server, published in the server's process
  --rate N         a second to each client, by the clock (default 10)
  --seconds N      how long, in each round (default 8)

--slow: broadcasts one at a time to clients that all read, and to the same while some of them do not, in turns; the time
until those that always read have it
  --slow-clients N   that do not read (default 100)
  --backlog N        messages each of them is left before its turn (default 150)
  --backlog-size N   bytes of each (default 1024)
  --broadcasts N     in each turn (default 10)

Each server and its crowd of clients are processes of their own, two at work at a time. Every client checks that it gets
each message once and in order.

Exit code: 1 if a message was lost, repeated, out of order or refused, a connection was lost, or, with --slow, the medians
with slow clients and without differ by more than 20 %. Otherwise 0.
`;

const NUMBERS = {
  connections: [10_000, 1, 19_000],
  rounds: [5, 1, 200],
  size: [100, 100, 32_768],
  broadcasts: [10, 1, 1_000],
  burst: [20, 1, 200],
  rate: [10, 1, 1_000],
  seconds: [8, 1, 60],
};

/** Milliseconds within which acking clients acknowledge. */
const ACK_WITHIN = 50;

/** Ways to get messages to a crowd. */
const WAYS = [
  ...Object.entries(SERVERS).map(([side, { title, base }]) => ({ title, side, base, publish: inside })),
  { title: 'gateway, WebSocket, by POST', side: 'gateway', base: 'bare', publish: byPost },
];

const PARTS = {
  broadcast: {
    ways: () => WAYS,
    tables: ({ broadcasts: count, burst, size }) => [
      {
        title: 'Broadcast, one at a time',
        run: ({ side, publish }) => broadcasts(side, publish, { count, each: 1, size }),
      },
      {
        title: `Broadcast, ${burst} back to back`,
        run: ({ side, publish }) => broadcasts(side, publish, { count: 1, each: burst, size }),
      },
    ],
  },
  sequenced: {
    ways: () => WAYS.filter(({ publish }) => publish === inside),
    tables: ({ connections, rate, seconds, size }) => [
      {
        title: `To each client its own, ${whole(connections)} × ${rate} a second wanted`,
        run: ({ side }) => sequenced(side, { rate, seconds, size }),
      },
    ],
  },
};

/** `[{ title, rows }]` of one part, and what was wrong. */
async function measure(part, given, names) {
  const crowd = { count: given.connections, acks: given.acks === 'yes' ? ACK_WITHIN : undefined };
  return withSides(names, crowd, async sides => {
    const ways = part.ways().filter(({ side }) => side in sides);
    const tables = part.tables(given).map(table => ({
      ...table,
      rows: ways.map(way => ({ ...way, side: sides[way.side], rounds: [] })),
    }));
    // Cold code is nobody's figure.
    for (const { run, rows } of tables) for (const row of rows) await run(row);
    for (let round = 0; round < given.rounds; round++) {
      for (const table of tables) await measureRound(table, round, given.rounds);
    }
    const wrong = [];
    for (const side of Object.values(sides)) wrong.push(...(await side.wrong()));
    return { tables, wrong };
  });
}

async function measureRound({ title, run, rows }, round, rounds) {
  for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
    const result = await run(row);
    row.rounds.push(result);
    const { perSecond, p50, p99, crowdBusy } = result;
    progress(
      `${title} ${round + 1}/${rounds}: ${row.title}: ${whole(perSecond)}/s, p50 ${decimal(p50, 1)} ms, ` +
        `p99 ${decimal(p99, 1)} ms, clients' CPU ${whole(crowdBusy * 100)} %`,
    );
  }
}

const HEADS = [
  ...['median (range)', 'messages/s', '× bare', 'p50 ms', 'p99 ms'],
  ...['server CPU s/million', '× bare', 'server CPU', "clients' CPU"],
  'event-loop delay p99 ms',
];

function print({ title, rows }) {
  const ratio = ({ rounds, base }, figure) => {
    const other = rows.find(({ side }) => side.name === base)?.rounds;
    return other ? range(compared(rounds, other, figure), 'ratio', 2) : '–';
  };
  const percent = (rounds, figure) =>
    `${range(
      rounds.map(round => ({ percent: round[figure] * 100 })),
      'percent',
    )} %`;
  const lines = rows.map(({ title: name, rounds, base }) => [
    name,
    range(rounds, 'perSecond'),
    ratio({ rounds, base }, 'perSecond'),
    range(rounds, 'p50', 1),
    range(rounds, 'p99', 1),
    range(rounds, 'secondsPerMillion', 2),
    ratio({ rounds, base }, 'secondsPerMillion'),
    percent(rounds, 'serverBusy'),
    percent(rounds, 'crowdBusy'),
    range(rounds, 'loopP99', 1),
  ]);
  process.stdout.write(`\n${title}:\n\n${markdown([HEADS, ...lines])}\n`);
  const refused = rows.flatMap(({ rounds }) => rounds).reduce((sum, round) => sum + (round.refused ?? 0), 0);
  const sent = rows.flatMap(({ rounds }) => rounds).reduce((sum, round) => sum + round.messages, 0);
  process.stdout.write(`\n${whole(sent)} messages, ${whole(refused)} refused\n`);
  return refused > 0 ? [`${title}: ${refused} messages were refused`] : [];
}

async function fanOut(given, names) {
  const { connections, rounds, acks, size } = given;
  const parts = Object.keys(PARTS).filter(name => given.only === undefined || name === given.only);
  if (parts.length === 0) throw new Error(`--only: ${Object.keys(PARTS).join(' or ')}, not ${given.only}`);
  const silent = acks === 'yes' ? 'that acknowledge' : 'that say nothing';
  process.stdout.write(`${machine()}; ${whole(connections)} clients ${silent}, ${size} B, ${rounds} rounds\n`);
  const wrong = [];
  const report = [];
  for (const name of parts) {
    const measured = await measure(PARTS[name], given, names);
    for (const table of measured.tables) wrong.push(...print(table));
    wrong.push(...measured.wrong);
    report.push(...measured.tables.map(({ title, rows }) => ({ title, ways: rows.map(plain) })));
  }
  return { wrong, report };
}

const plain = ({ title, side, publish, rounds }) => ({ name: publish === byPost ? 'post' : side.name, title, rounds });

async function main() {
  const given = options(
    process.argv.includes('--slow') ? { ...NUMBERS, ...SLOW_NUMBERS } : NUMBERS,
    { only: undefined, side: SIDES.join(','), acks: 'no', json: undefined },
    ['slow'],
  );
  if (given.help) return void process.stdout.write(HELP);
  if (!['yes', 'no'].includes(given.acks)) throw new Error(`--acks: yes or no, not ${given.acks}`);
  const names = await chosenServers(given.side);
  if (given.slow && names.some(name => !SIDES.includes(name))) throw new Error(`--slow: only ${SIDES.join(' and ')}`);
  needFiles(given.connections);
  const { wrong, report } = await (given.slow ? slow(given, names) : fanOut(given, names));
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify({ machine: machine(), report, wrong })}\n`);
  for (const what of wrong) progress(what);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
