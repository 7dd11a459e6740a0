#!/usr/bin/env node
/** What an idle connection costs the gateway in memory, beside what it costs a bare server. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { command, machine, options, progress } from './lib/command.js';
import { Crowd } from './lib/crowd/crowd.js';
import { decimal, markdown, mib, whole } from './lib/tables/markdown.js';
import { rss } from './lib/processes/proc.js';
import { compared, range } from './lib/tables/rounds.js';
import { median } from './lib/tables/stats.js';
import { chosenServers, needFiles, SERVERS } from './lib/servers/sides.js';

/** Connections that are there at the first look. */
const FIRST = 1_000;

const HELP = `idle — memory of idle WebSocket connections and event streams, at the gateway and at bare servers

Usage: npm run bench:idle -- [--connections N] [--rounds N] [--rest SECONDS] [--side A,B] [--json FILE]

  --connections N  that each server holds (default 10000)
  --rounds N       each starts all servers anew (default 3)
  --rest SECONDS   from when all are connected to the look; the gateway pings each within 30 s (default 32)
  --side A,B       which servers: ${Object.keys(SERVERS).join(', ')} (default all but Socket.IO)
  --json FILE      also write all looks there
  -h, --help       print this and exit

The servers are each in a process of their own, all at the same time: the gateway with native WebSocket clients that have
joined, the gateway with native event streams, bare \`ws\`, a bare \`node:http\` server of event streams, and Socket.IO,
which the first run that wants it installs into load/.peers. Garbage is
collected before each look. "Before" is with ${whole(FIRST)} connections of the same kind that stay: what the first ones make a
process grow by is not what one more costs.

Exit code: 1 if a connection was refused or lost. Otherwise 0.
`;

const NUMBERS = { connections: [10_000, 100, 18_000], rounds: [3, 1, 50], rest: [32, 0, 600] };

const DEFAULT = Object.keys(SERVERS).filter(name => name !== 'socket.io');

/** Bytes; `found` is resident with the garbage that is there. `outside`: what buffers take that are not on the heap. */
async function look(host) {
  const found = rss(host.pid);
  const { heapUsed, external } = await host.ask('memory');
  return { found, rss: rss(host.pid), heap: heapUsed, outside: external };
}

/** One server with its connections: what it holds before and after they have come. */
class Case {
  static async open({ start, title, kind, door }, connections) {
    const { host, urls } = await start({ nodeArgs: ['--expose-gc'] });
    const one = new Case(host, title, connections);
    try {
      await one.#fill({ kind, url: urls[door] });
      return one;
    } catch (thrown) {
      await one.end();
      throw thrown;
    }
  }

  constructor(host, title, connections) {
    Object.assign(this, { host, title, connections });
  }

  async #fill(given) {
    this.crowd = await Crowd.open(this.title, { ...given, count: FIRST });
    this.before = await look(this.host);
    const { tookMs } = await this.crowd.add({ ...given, first: FIRST, count: this.connections });
    progress(`${this.title}: ${whole(this.connections)} connections in ${whole(tookMs)} ms`);
  }

  /** Bytes for each connection; `wrong` is what must not have happened. */
  async result() {
    const after = await look(this.host);
    const joined = await this.crowd.remote.ask('joined');
    const wrong = (await this.crowd.wrong()).map(([what, times]) => `${this.title}: ${times} × ${what}`);
    if (joined !== FIRST + this.connections) wrong.push(`${this.title}: ${joined} connections are left`);
    const each = Object.fromEntries(
      Object.keys(after).map(name => [name, (after[name] - this.before[name]) / this.connections / 1_024]),
    );
    progress(`${this.title}: heap ${decimal(each.heap, 2)} KiB, RSS ${decimal(each.rss, 2)} KiB each`);
    return { before: this.before, after, ...each, wrong };
  }

  async end() {
    await this.crowd?.end();
    await this.host.end();
  }
}

/** Title → what was seen. */
async function oneRound(cases, { connections, rest }) {
  const open = [];
  try {
    for (const given of cases) open.push(await Case.open(given, connections));
    await delay(rest * 1_000);
    const results = new Map();
    for (const one of open) results.set(one.title, await one.result());
    return results;
  } finally {
    await Promise.all(open.map(one => one.end()));
  }
}

function print(cases, rounds) {
  const heads = [
    ...[
      'each connection, KiB',
      'heap',
      '× bare',
      'outside',
      'RSS, garbage collected',
      '× bare',
      'RSS as found',
      '× bare',
    ],
    ...['process RSS before, MiB', 'after, MiB'],
  ];
  const rows = cases.map(({ title, base }) => {
    const own = rounds.map(round => round.get(title));
    const others = rounds.map(round => round.get(SERVERS[base]?.title));
    const ratio = figure => (others[0] ? range(compared(own, others, figure), 'ratio', 2) : '–');
    const total = name => mib(median(own.map(result => result[name].found)), 0);
    return [
      title,
      range(own, 'heap', 2),
      ratio('heap'),
      range(own, 'outside', 2),
      ...['rss', 'found'].flatMap(figure => [range(own, figure, 2), ratio(figure)]),
      total('before'),
      total('after'),
    ];
  });
  process.stdout.write(`\n${markdown([heads, ...rows])}\n`);
}

async function main() {
  const given = options(NUMBERS, { side: DEFAULT.join(','), json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const cases = (await chosenServers(given.side)).map(name => SERVERS[name]);
  needFiles(FIRST + given.connections);
  process.stdout.write(
    `${machine()}; ${whole(given.connections)} idle connections at each server, ${given.rounds} rounds; median (range)\n`,
  );
  const rounds = [];
  for (let round = 0; round < given.rounds; round++) {
    progress(`round ${round + 1} of ${given.rounds}`);
    rounds.push(await oneRound(cases, given));
  }
  print(cases, rounds);
  const all = rounds.map(round => Object.fromEntries(round));
  const wrong = rounds.flatMap(round => [...round.values()].flatMap(result => result.wrong));
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ machine: machine(), rounds: all, wrong })}\n`);
  for (const what of wrong) progress(what);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
