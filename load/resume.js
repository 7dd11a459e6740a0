#!/usr/bin/env node
/** How long a client that has lost its connection is without its messages. See load/README.md. */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command, machine, options, progress } from './lib/command.js';
import { Drops } from './lib/crowd/drops.js';
import { decimal, markdown, whole } from './lib/tables/markdown.js';
import { startGateway } from './lib/processes/processes.js';
import { OurResumer, RawResumer } from './lib/crowd/resumers.js';
import { ROOMY, SIDES, startBare } from './lib/servers/sides.js';
import { median, quantile } from './lib/tables/stats.js';

const HELP = `resume — from a broken connection to the first replayed message

Usage: npm run bench:resume -- [--drops N] [--clients N] [--messages N] [--at-once N] [--side bare|gateway] [--json FILE]

  --drops N      of each way, at least (default 600)
  --clients N    of each way (default 50)
  --messages N   that are waiting at a drop (default 5)
  --at-once N    connections that break at the same moment (default 1)
  --side NAME    bare or gateway instead of both
  --json FILE    also write all drops there
  -h, --help     print this and exit

A client stops reading, messages are published to it and accepted, and then its connection breaks: by an RST of its own,
or of a network between both. Ways take turns: our client with its own back-off, a raw client that comes back at once, and
the same at a bare \`ws\` server that keeps messages in a list and asks for nothing.

Exit code: 1 if a message was lost, repeated or out of order, or was not there ${15} s after the drop. Otherwise 0.
`;

const NUMBERS = {
  drops: [600, 1, 100_000],
  clients: [50, 1, 1_000],
  messages: [5, 1, 100],
  'at-once': [1, 1, 1_000],
};

const CLIENT = new URL('../dist/client/index.js', import.meta.url);

const HOW = { client: 'RST by the client', network: 'cut in between' };
const WHO = [
  { side: 'bare', name: 'bare `ws`', Client: RawResumer },
  { side: 'gateway', name: 'gateway', Client: RawResumer },
  { side: 'gateway', name: 'gateway', Client: OurResumer },
];
const WAYS = Object.keys(HOW).flatMap(how =>
  WHO.map(who => ({ ...who, how, title: `${who.name}, ${who.Client.title}, ${HOW[how]}` })),
);

const STARTS = {
  bare: startBare,
  gateway: async () => {
    const { units, ...settings } = ROOMY;
    // At a higher level it would not say that it is ready.
    const { child, urls } = await startGateway(units, { settings: { ...settings, log_level: 'info' } });
    return { urls, host: child };
  },
};

async function ourClient() {
  if (!existsSync(fileURLToPath(CLIENT))) throw new Error('There is no dist/client: run `npm run build` first.');
  return (await import(CLIENT)).ViableClient;
}

/** All ways with their clients, for as long as `use` takes. */
async function withDrops(names, clients, use) {
  const servers = {};
  const all = [];
  try {
    for (const name of names) servers[name] = await STARTS[name]();
    const ViableClient = names.includes('gateway') ? await ourClient() : undefined;
    const ways = WAYS.filter(({ side }) => names.includes(side));
    for (const [i, way] of ways.entries()) {
      const drops = new Drops(way, servers[way.side]);
      all.push(drops);
      await drops.open(clients, i * clients, ViableClient);
    }
    return await use(all);
  } finally {
    for (const drops of all) await drops.end();
    for (const { host } of Object.values(servers)) await host.end();
  }
}

/** Milliseconds that each attempt was waited for, from the drop or from the attempt before. */
const waits = results => results.flatMap(({ attempts }) => attempts.map((at, i) => at - (attempts[i - 1] ?? 0)));

function print(all) {
  const heads = [
    ...['ms from the drop', 'drops', 'first message p50', 'p99', 'max', '× bare', 'last message p50'],
    ...['wait for an attempt p50', 'longest', 'attempts at most'],
  ];
  const rows = all.map(({ way, results }) => {
    const first = results.map(result => result.first);
    const base = all.find(other => other.way.side === 'bare' && other.way.how === way.how);
    const ratio = median(first) / median(base?.results.map(result => result.first) ?? []);
    const waited = waits(results);
    return [
      way.title,
      whole(results.length),
      ...[0.5, 0.99, 1].map(share => decimal(quantile(first, share), 1)),
      way.side === 'bare' ? '–' : decimal(ratio, 1),
      decimal(median(results.map(result => result.all)), 1),
      ...[0.5, 1].map(share => decimal(quantile(waited, share), 1)),
      whole(Math.max(...results.map(({ attempts }) => attempts.length))),
    ];
  });
  process.stdout.write(`\n${markdown([heads, ...rows])}\n`);
}

async function main() {
  const given = options(NUMBERS, { side: undefined, json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const names = SIDES.filter(name => given.side === undefined || name === given.side);
  if (names.length === 0) throw new Error(`--side: ${SIDES.join(' or ')}, not ${given.side}`);
  const { clients, messages, 'at-once': atOnce } = given;
  const rounds = Math.ceil(given.drops / clients);
  process.stdout.write(
    `${machine()}; ${clients} clients of each way, ${messages} messages waiting, ${atOnce} at a time\n`,
  );
  return withDrops(names, clients, async all => {
    for (const drops of all) await drops.round({ messages, atOnce });
    // Cold code is nobody's figure.
    for (const drops of all) drops.results = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const drops of round % 2 === 0 ? all : all.toReversed()) await drops.round({ messages, atOnce });
    }
    print(all);
    const results = all.map(({ way, results: found }) => ({ title: way.title, results: found }));
    const wrong = all.flatMap(drops => drops.wrong);
    if (given.json !== undefined)
      writeFileSync(given.json, `${JSON.stringify({ machine: machine(), results, wrong })}\n`);
    for (const what of wrong) progress(what);
    return wrong.length > 0 ? 1 : 0;
  });
}

await command(main);
