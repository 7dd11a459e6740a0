#!/usr/bin/env node
/** What it costs to be watched: the same calls with metrics scraped and a log, and without. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { HttpClient, WebSocketClient } from './lib/clients/clients.js';
import { command, machine, options, progress } from './lib/command.js';
import { Crowd } from './lib/crowd/crowd.js';
import { run } from './lib/loops/loop.js';
import { decimal, markdown, whole } from './lib/tables/markdown.js';
import { failures, inTurns, ratio, SIDES } from './lib/tables/rivals.js';
import { Scraper } from './lib/processes/scraper.js';
import { needFiles, ROOMY, startGatewayHost } from './lib/servers/sides.js';
import { HEADING, row } from './lib/tables/sides-table.js';
import { quantile } from './lib/tables/stats.js';

/** Scrapes a second whose cost is divided by their number: one a second costs less than what can be told apart here. */
const MANY = 20;

const HELP = `observability-cost — tools/call through the gateway while it is watched and while it is not, in turns

Usage: npm run bench:observability -- [--rounds N] [--seconds N] [--clients N] [--crowd N] [--only NAME] [--json FILE]

  --rounds N    pairs of measurements, each way (default 100)
  --seconds N   length of one measurement, in two halves (default 1)
  --clients N   sessions with one call in flight each (default 20)
  --renew N     rounds after which the gateway is started anew (default 25)
  --crowd N     native clients at a gateway that is scraped (default 10000; 0: not measured)
  --only NAME   scraped-http, scraped-websocket, all-http or all-websocket instead of all four
  --json FILE   also write all rounds there
  -h, --help    print this and exit

scraped: scraped ${MANY} times a second or not; a ${MANY}th of what that costs is what one scrape a second costs. Fifteen seconds between
two are usual. all: log level info, which has the facts of the bus written, metrics of the process, and a scrape each
second; or none of that. Always the same process, as no two are equally fast.

Exit code: 1 if by the median of the rounds' ratios of throughput less than 99 % (scraped each second) or 97 % (all) is left, if a call failed, or if
a crowd of clients added a time series. Otherwise 0.
`;

const NUMBERS = {
  ...{ rounds: [100, 2, 400], seconds: [1, 1, 60], clients: [20, 1, 200], renew: [25, 1, 400] },
  crowd: [10_000, 0, 20_000],
};
/** Seconds that a new gateway runs before it is measured. */
const WARM_UP = 4;
/** Scrapes of which the duration is told, where nothing else goes on. */
const LOOKS = 200;

const DOORS = {
  http: { title: 'Streamable HTTP', url: 'mcp', Client: HttpClient },
  websocket: { title: 'WebSocket', url: 'websocket', Client: WebSocketClient },
};
const ECHO = { ...ROOMY, log_level: 'info' };
const SCRAPED = { title: `scraped ${MANY} times a second`, least: 0.99, perSecond: MANY };
const ALL = { title: 'all of it, scraped in each half', least: 0.97, perSecond: 1, toggled: true };
const WAYS = {
  'scraped-http': { ...SCRAPED, door: 'http' },
  'scraped-websocket': { ...SCRAPED, door: 'websocket' },
  'all-http': { ...ALL, door: 'http' },
  'all-websocket': { ...ALL, door: 'websocket' },
};

/** Its log costs what it costs to write it; nobody reads it. */
const start = settings => startGatewayHost({ settings, stdout: 'ignore' });

/** A gateway with its clients. */
async function open(door, count) {
  const { host, urls } = await start(ECHO);
  const { url, Client } = DOORS[door];
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await Client.open(urls[url], 1));
  return {
    host,
    management: urls.management,
    measure: seconds => run(clients, { inFlight: 1, seconds, cpu: () => host.child.cpu() }),
    end: async () => {
      await Promise.all(clients.map(client => client.close()));
      await host.end();
    },
  };
}

/** One half of a measurement; with somebody who scrapes, where it is watched. */
async function half(gateway, { perSecond, toggled }, on, seconds, took) {
  if (toggled) await gateway.host.ask('observe', on);
  if (!on) return gateway.measure(seconds);
  const scraper = new Scraper(gateway.management, 1_000 / perSecond);
  try {
    return await gateway.measure(seconds);
  } finally {
    await scraper.stop();
    took.push(...scraper.took);
  }
}

/** `--renew` rounds with the same gateway. */
async function withGateway(way, { clients, seconds }, rounds, took) {
  const gateway = await open(way.door, clients);
  try {
    await half(gateway, way, true, WARM_UP, []);
    const found = [];
    for (const round of rounds) {
      found.push(await inTurns(round, side => half(gateway, way, side === 'on', seconds / 2, took)));
      const said = SIDES.map(side => `${side} ${whole(found.at(-1)[side].callsPerSecond)}/s`);
      progress(`${way.name}, round ${round + 1}: ${said.join(', ')}`);
    }
    return found;
  } finally {
    await gateway.end();
  }
}

async function measure(name, given) {
  const way = { ...WAYS[name], name };
  const rounds = [];
  const took = [];
  while (rounds.length < given.rounds) {
    const count = Math.min(given.renew, given.rounds - rounds.length);
    const numbers = Array.from({ length: count }, (_, i) => rounds.length + i);
    rounds.push(...(await withGateway(way, given, numbers, took)));
  }
  return { title: `${way.title}, ${DOORS[way.door].title}`, least: way.least, perSecond: way.perSecond, rounds, took };
}

/** Looks at a gateway at which nothing happens, without clients and with a crowd of them. */
async function withCrowd(count) {
  needFiles(count);
  const { host, urls } = await start(ECHO);
  let crowd;
  try {
    crowd = await Crowd.open('crowd', { url: urls.websocket, count: 1 });
    const alone = await look(urls.management, host.child);
    await crowd.add({ url: urls.websocket, first: 1, count: count - 1 });
    return { alone, crowded: await look(urls.management, host.child) };
  } finally {
    await crowd?.end();
    await host.end();
  }
}

async function look(management, process) {
  const scraper = new Scraper(management);
  for (let i = 0; i < LOOKS; i++) await scraper.scrape();
  scraper.took.length = 0;
  const before = process.cpu();
  for (let i = 0; i < LOOKS; i++) await scraper.scrape();
  const cpu = (process.cpu() - before) / LOOKS;
  await scraper.stop();
  const series = scraper.lines.map(line => line.slice(0, line.lastIndexOf(' ')));
  return {
    cpu,
    took: scraper.took,
    bytes: scraper.bytes,
    series: series.filter(name => /^gateway_(?!lever_value)/.test(name)),
  };
}

const milliseconds = took => [0.5, 0.99].map(share => decimal(quantile(took, share), 1));

function scrapes(results, crowd, count) {
  const busy = results.map(({ title, took }) => [`under load: ${title}`, ...milliseconds(took), '', '', '']);
  const looked = ({ cpu, took, bytes, series }) => [
    ...milliseconds(took),
    decimal(cpu, 2),
    whole(bytes),
    whole(series.length),
  ];
  const idle = crowd
    ? [
        ['one client, nothing happens', ...looked(crowd.alone)],
        [`${whole(count)} clients, nothing happens`, ...looked(crowd.crowded)],
      ]
    : [];
  return markdown([['a scrape', 'p50 ms', 'p99 ms', 'CPU ms', 'bytes', 'series of the gateway'], ...busy, ...idle]);
}

/** Of the throughput, where it is scraped once a second. */
const leftOf = ({ rounds, perSecond }) => 1 - (1 - ratio(rounds, 'callsPerSecond')) / perSecond;

function judge({ title, rounds, least, perSecond }) {
  const left = leftOf({ rounds, perSecond });
  const errors = failures(rounds);
  return [
    ...(left >= least ? [] : [`${title}: ${decimal(left * 100, 1)} % of the throughput is left`]),
    ...(errors > 0 ? [`${title}: ${errors} calls failed`] : []),
  ];
}

/** Levers say what regulation has seen, such as many handshakes: their targets are bounded, and come and go. */
function added({ alone, crowded }) {
  const before = new Set(alone.series);
  return crowded.series.filter(name => !before.has(name)).map(name => `a crowd of clients has added ${name}`);
}

async function main() {
  const given = options(NUMBERS, { only: undefined, json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const names = Object.keys(WAYS).filter(name => given.only === undefined || name === given.only);
  if (names.length === 0) throw new Error(`--only: one of ${Object.keys(WAYS).join(', ')}, not ${given.only}`);
  const crowd = given.crowd > 1 ? await withCrowd(given.crowd) : undefined;
  const results = [];
  for (const name of names) results.push(await measure(name, given));
  const about = `${machine()}; ${given.rounds} rounds of ${given.seconds} s on each side`;
  process.stdout.write(`${about}:\n\n${markdown([HEADING, ...results.map(row)])}\n\n`);
  for (const result of results)
    process.stdout.write(
      `${result.title}: ${decimal(leftOf(result) * 100, 2)} % of the throughput is left with ${result.perSecond > 1 ? 'one scrape a second' : 'that'}\n`,
    );
  process.stdout.write(`\n${scrapes(results, crowd, given.crowd)}\n`);
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ machine: machine(), results, crowd })}\n`);
  const wrong = [...results.flatMap(judge), ...(crowd ? added(crowd) : [])];
  for (const what of wrong) progress(what);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
