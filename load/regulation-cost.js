#!/usr/bin/env node
/** What regulation costs on the way of a call: the same calls with it and without. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { HttpClient, WebSocketClient } from './lib/clients/clients.js';
import { command, machine, options, progress } from './lib/command.js';
import { run } from './lib/loops/loop.js';
import { decimal, markdown, whole } from './lib/tables/markdown.js';
import { startGateway, startHttpUnit } from './lib/processes/processes.js';
import { failures, inTurns, ratio, SIDES } from './lib/tables/rivals.js';
import { HEADING, row } from './lib/tables/sides-table.js';

const HELP = `regulation-cost — tools/call through the gateway with regulation and without, in turns

Usage: npm run bench:regulation -- [--rounds N] [--seconds N] [--clients N] [--renew N] [--only NAME] [--json FILE]

  --rounds N    pairs of measurements, each way (default 40)
  --seconds N   length of one measurement (default 1)
  --clients N   sessions with one call in flight each (default 20)
  --renew N     rounds after which both gateways are started anew (default 5): no two processes are equally fast
  --only NAME   http, websocket or unit instead of all
  --json FILE   also write all rounds there
  -h, --help    print this and exit

Ways: the built-in echo unit over Streamable HTTP and over WebSocket, where the gateway's own work is all there is; a unit
over HTTP. In each round the sides take turns as off, on, on, off, or the other way round.

Exit code: 1 if the median of the rounds' ratios of throughput is below 0.95 in any way, or a call failed. Otherwise 0.
`;

const NUMBERS = { rounds: [40, 2, 200], seconds: [1, 0.2, 30], clients: [20, 1, 200], renew: [5, 1, 200] };
/** Share of the throughput that must be left. */
const LEAST = 0.95;
/** Seconds that a new gateway runs before it is measured. */
const WARM_UP = 1.5;

const ECHO = { name: 'echo', kind: 'echo' };
const WAYS = {
  http: { title: 'echo unit, Streamable HTTP', door: 'http', Client: HttpClient },
  websocket: { title: 'echo unit, WebSocket', door: 'websocket', Client: WebSocketClient },
  unit: { title: 'HTTP unit, Streamable HTTP', door: 'http', Client: HttpClient, remote: true },
};

/** A gateway with its clients, on one side. */
async function open({ door, Client }, unit, enabled, count) {
  const gateway = await startGateway(unit, { settings: { regulation: { enabled } } });
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await Client.open(gateway.urls[door], 1));
  const end = async () => {
    await Promise.all(clients.map(client => client.close()));
    await gateway.child.end();
  };
  const measure = seconds => run(clients, { inFlight: 1, seconds, cpu: () => gateway.child.cpu() });
  return { measure, end };
}

/** `--renew` rounds with one pair of gateways. */
async function withPair(way, unit, { clients, seconds }, rounds) {
  const pair = {};
  try {
    for (const side of SIDES) pair[side] = await open(way, unit, side === 'on', clients);
    for (const side of SIDES) await pair[side].measure(WARM_UP);
    const found = [];
    for (const round of rounds) {
      found.push(await inTurns(round, side => pair[side].measure(seconds / 2)));
      const said = SIDES.map(side => `${side} ${whole(found.at(-1)[side].callsPerSecond)}/s`);
      progress(`${way.title}, round ${round + 1}: ${said.join(', ')}`);
    }
    return found;
  } finally {
    for (const { end } of Object.values(pair)) await end();
  }
}

async function measure(way, given) {
  const remote = way.remote ? await startHttpUnit() : undefined;
  const unit = remote ? { name: 'lean', kind: 'mcp', url: remote.url, transport: 'streamable_http' } : ECHO;
  const rounds = [];
  try {
    while (rounds.length < given.rounds) {
      const count = Math.min(given.renew, given.rounds - rounds.length);
      const numbers = Array.from({ length: count }, (_, i) => rounds.length + i);
      rounds.push(...(await withPair(way, unit, given, numbers)));
    }
  } finally {
    await remote?.child.end();
  }
  return { title: way.title, rounds };
}

function judge({ title, rounds }) {
  const left = ratio(rounds, 'callsPerSecond');
  const errors = failures(rounds);
  return [
    ...(left >= LEAST ? [] : [`${title}: regulation leaves ${decimal(left * 100, 1)} % of the throughput`]),
    ...(errors > 0 ? [`${title}: ${errors} calls failed`] : []),
  ];
}

async function main() {
  const given = options(NUMBERS, { only: undefined, json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const names = Object.keys(WAYS).filter(name => given.only === undefined || name === given.only);
  if (names.length === 0) throw new Error(`--only: one of ${Object.keys(WAYS).join(', ')}, not ${given.only}`);
  const results = [];
  for (const name of names) results.push(await measure(WAYS[name], given));
  const about = `${machine()}; ${given.rounds} rounds of ${given.seconds} s on each side`;
  process.stdout.write(`${about}:\n\n${markdown([HEADING, ...results.map(row)])}\n`);
  const wrong = results.flatMap(judge);
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ machine: machine(), results, wrong })}\n`);
  for (const what of wrong) progress(what);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
