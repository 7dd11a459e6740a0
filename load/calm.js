#!/usr/bin/env node
/** One unit is well, the others are dead and slow: do calls to the one that is well notice? See load/README.md. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient } from './lib/clients/clients.js';
import { command, machine, options, progress } from './lib/command.js';
import { Lists } from './lib/tables/lists.js';
import { decimal, markdown, whole } from './lib/tables/markdown.js';
import { OpenLoop } from './lib/loops/open-loop.js';
import { startGateway, startHttpUnit } from './lib/processes/processes.js';
import { median } from './lib/tables/stats.js';
import { resourceRead, toolCall, Visitors } from './lib/clients/visitors.js';

const HELP = `calm — calls to a unit that is well, while the other units of the same session are dead and slow

Usage: npm run bench:calm -- [--rounds N] [--seconds N] [--rate N] [--visitors N] [--slow MS] [--json FILE]

  --rounds N     each is a slice of calm and one of trouble, taking turns in which comes first (default 30)
  --seconds N    how long a slice is (default 3)
  --rate N       calls a second to the healthy unit, by the clock (default 200)
  --visitors N   sessions at each gateway that list, and call its second and third unit (default 8)
  --slow MS      how long the slow unit takes for each list and call (default 5000)
  --json FILE    also write all slices there
  -h, --help     print this and exit

Two gateways, each with three units behind one session (no ?unit=). Calm: all three are well. Trouble: one is, nobody
listens at the port of another, the third is slow. The same calls go to the healthy unit of the one and of the other in
turn. Visitors come and go at both all the time and as often, so that both have the same work and the same machine.

Exit code: 1 if in trouble the p99 of calls to the healthy unit is over that in calm by more than 20 % (medians of the
slices), a call to it failed, a list took longer than federation.list_timeout + 250 ms or had no answer, or a list lacked
tools of the healthy unit. Otherwise 0.
`;

const NUMBERS = {
  rounds: [30, 1, 200],
  seconds: [3, 1, 20],
  rate: [200, 20, 2_000],
  visitors: [8, 1, 64],
  slow: [5_000, 0, 60_000],
};

/** Milliseconds. */
const LIST_TIMEOUT = 2_000;
const LIST_SLACK = 250;
const WARM_UP = 5_000;
/** Longer than a slice, so that sessions keep their leases; short, so that the slow unit is asked again and again. */
const IDLE_TIMEOUT = 30_000;
/** By how much p99 may be longer. */
const WORSE = 1.2;
/** Sessions that call the healthy unit, at each gateway. */
const SESSIONS = 4;
/** Tools of the healthy unit besides the one that is called. */
const MORE = 20;
const HEALTHY = ['healthy__echo', ...Array.from({ length: MORE }, (_, i) => `healthy__echo-${i + 1}`)];

const SETTINGS = { federation: { list_timeout: LIST_TIMEOUT }, pool: { idle_timeout: IDLE_TIMEOUT } };

/** A gateway with three units, the sessions that call the first of them, and what became of their calls. */
class Side {
  slices = [];
  lists = new Lists(HEALTHY);
  failures = new Map();
  #next = 0;

  constructor(name, gateway, rate) {
    this.name = name;
    this.gateway = gateway;
    this.rate = rate;
  }

  async open() {
    const { http } = this.gateway.urls;
    const open = () => HttpClient.open(http, 4, {});
    const clients = await Promise.all(Array.from({ length: SESSIONS }, open));
    this.sessions = clients.map(client => ({
      kind: { door: 'http', unit: this.name },
      client,
      calls: 1,
      inFlight: 0,
    }));
    for (const { client } of this.sessions) {
      const ask = (method, params) =>
        new Promise(resolve => client.ask(1, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), resolve));
      await this.lists.see(ask);
    }
  }

  async run(ms) {
    const pick = () => this.sessions[++this.#next % this.sessions.length];
    const loop = new OpenLoop(pick, this.rate, { tool: HEALTHY[0], fromSent: true });
    const startedAt = performance.now();
    loop.start();
    await delay(ms);
    await loop.stop();
    for (const [why, count] of loop.failures) this.failures.set(why, (this.failures.get(why) ?? 0) + count);
    const { right, errors, lost, late } = loop;
    const [p50, p99] = [0.5, 0.99].map(share => loop.durations.quantile(share));
    const callsPerSecond = right / ((performance.now() - startedAt) / 1_000);
    return { p50, p99, longest: loop.durations.longest, callsPerSecond, right, errors, lost, late };
  }

  async slice(seconds) {
    const slice = await this.run(seconds * 1_000);
    this.slices.push(slice);
    const { p50, p99, callsPerSecond, errors, lost } = slice;
    progress(
      `${this.name}: p50 ${decimal(p50, 2)} ms, p99 ${decimal(p99, 2)} ms, ${whole(callsPerSecond)}/s, ` +
        `${errors} errors, ${lost} lost`,
    );
  }

  /** Median over the slices. */
  median(figure) {
    return median(this.slices.map(slice => slice[figure]));
  }

  sum(figure) {
    return this.slices.reduce((sum, slice) => sum + slice[figure], 0);
  }
}

const remote = (name, url) => ({ name, kind: 'mcp', url });

/** A URL at which nobody listens. */
async function deadUrl() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/mcp`;
}

/** Both gateways with their units, on free ports: `{ calm, trouble, end }`. */
async function startBoth({ slow, rate }) {
  const started = [];
  const unit = async (...given) => {
    const { url, child } = await startHttpUnit(given);
    started.push(child);
    return url;
  };
  const gateway = async units => {
    const one = await startGateway(units, { settings: SETTINGS });
    started.unshift(one.child);
    return one;
  };
  const healthy = await unit('--more', String(MORE));
  const [other, third] = [await unit(), await unit()];
  const late = await unit('--delay', String(slow));
  const calm = await gateway([remote('healthy', healthy), remote('dead', other), remote('slow', third)]);
  const trouble = await gateway([remote('healthy', healthy), remote('dead', await deadUrl()), remote('slow', late)]);
  const end = async () => {
    for (const child of started) await child.end();
  };
  return { calm: new Side('calm', calm, rate), trouble: new Side('trouble', trouble, rate), end };
}

const ROWS = [
  ['p50 ms', 'p50', 2],
  ['p99 ms', 'p99', 2],
  ['calls/s', 'callsPerSecond', 1],
];

function print({ calm, trouble }, lists, visitors) {
  const rows = ROWS.map(([title, figure, digits]) => [
    title,
    ...[calm, trouble].map(side => spread(side.slices, figure, digits)),
    decimal(trouble.median(figure) / calm.median(figure), 2),
  ]);
  process.stdout.write(`\n${markdown([['median (range)', 'calm', 'trouble', 'ratio'], ...rows])}\n\n`);
  for (const side of [calm, trouble]) {
    const longest = Math.max(...side.slices.map(one => one.longest));
    process.stdout.write(
      `${side.name}: ${whole(side.sum('right'))} calls right, ${side.sum('errors')} errors, ${side.sum('lost')} lost; ` +
        `longest ${decimal(longest, 0)} ms\n`,
    );
  }
  const missing = [...lists.missing].map(([unit, count]) => `${unit} ${whole(count)} times`);
  process.stdout.write(
    `\n${whole(lists.took.length)} lists by ${whole(visitors.sessions)} visitors: p50 ${decimal(lists.p50, 0)} ms, ` +
      `longest ${decimal(lists.longest, 0)} ms, deadline ${LIST_TIMEOUT} ms; ${lists.failed} failed, ` +
      `${lists.incomplete} without all ${HEALTHY.length} tools of the healthy unit; ` +
      `missing: ${missing.join(', ') || 'none'}\n` +
      `${whole(visitors.answered)} other requests of theirs answered, ${visitors.unanswered} not\n`,
  );
}

function spread(slices, figure, digits) {
  const values = slices.map(slice => slice[figure]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${decimal(median(values), digits)} (${decimal(least, digits)}–${decimal(most, digits)})`;
}

/** What is not as it should be, as text. */
function judge({ calm, trouble }, lists, visitors) {
  const wrong = [];
  const ratio = trouble.median('p99') / calm.median('p99');
  if (!(ratio <= WORSE)) wrong.push(`p99 in trouble is ${decimal(ratio, 2)} times that in calm`);
  for (const side of [calm, trouble]) {
    const failed = side.sum('errors') + side.sum('lost');
    const { incomplete, failed: unlisted } = side.lists;
    if (failed > 0) wrong.push(`${side.name}: ${failed} calls to the healthy unit failed`);
    if (incomplete + unlisted > 0) wrong.push(`${side.name}: a list of its callers failed or was not complete`);
  }
  if (lists.took.length === 0) wrong.push('no list was seen');
  if (lists.longest > LIST_TIMEOUT + LIST_SLACK) wrong.push(`a list took ${decimal(lists.longest, 0)} ms`);
  if (lists.failed > 0) wrong.push(`${lists.failed} lists had no answer`);
  if (lists.incomplete > 0) wrong.push(`${lists.incomplete} lists lacked tools of the healthy unit`);
  for (const [why, count] of visitors.refused) wrong.push(`${count} visitors were refused: ${why}`);
  return wrong;
}

async function measure({ rounds, seconds, visitors: count, json, ...given }) {
  const { calm, trouble, end } = await startBoth(given);
  try {
    await Promise.all([calm.open(), trouble.open()]);
    const lists = new Lists(HEALTHY);
    const calls = [toolCall('slow__echo'), toolCall('dead__echo'), resourceRead('dead://one')];
    const visitors = new Visitors(trouble.gateway.urls.http, lists, calls);
    const others = new Visitors(calm.gateway.urls.http, new Lists(HEALTHY), calls);
    for (const one of [visitors, others]) one.start(count);
    for (const side of [calm, trouble]) await side.run(WARM_UP);
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const side of round % 2 === 0 ? [calm, trouble] : [trouble, calm]) await side.slice(seconds);
    }
    await Promise.all([visitors.stop(), others.stop()]);
    print({ calm, trouble }, lists, visitors);
    if (json !== undefined) {
      const slices = { calm: calm.slices, trouble: trouble.slices };
      const listed = { took: lists.took, missing: Object.fromEntries(lists.missing) };
      writeFileSync(json, `${JSON.stringify({ machine: machine(), slices, lists: listed })}\n`);
    }
    for (const { name, failures } of [calm, trouble]) {
      for (const [why, times] of failures) progress(`${name}: ${times} × ${why}`);
    }
    const wrong = judge({ calm, trouble }, lists, visitors);
    for (const what of wrong) progress(what);
    return wrong.length > 0 ? 1 : 0;
  } finally {
    await end();
  }
}

async function main() {
  const given = options(NUMBERS, { json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  process.stdout.write(`${machine()}; ${given.rate} calls/s, ${given.rounds} rounds of ${given.seconds} s each\n`);
  return measure(given);
}

await command(main);
