#!/usr/bin/env node
/** Clients that vanish without DELETE: is the next one served, and does everything come back? See load/README.md. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { comeAndVanish } from './lib/clients/abandoned.js';
import { command, machine, options, progress } from './lib/command.js';
import { decimal, markdown, mib, whole } from './lib/tables/markdown.js';
import { metrics } from './lib/processes/metrics.js';
import { children } from './lib/processes/proc.js';
import { startGateway, startGatewayWith } from './lib/processes/processes.js';
import { quantile } from './lib/tables/stats.js';
import { unitEntry, UNITS } from './lib/servers/units.js';
import { COLLECTABLE, collect, look } from './lib/processes/vitals.js';

const HELP = `abandon — clients that make a call and vanish without ending their session

Usage: npm run bench:abandon -- [--clients N] [--sessions N] [--at-once N]

  --clients N    first part: clients one after the other at the repository's gateway.yaml, on free ports; half of them
                 close their sockets, half open their stream and just stop; 0 leaves it out (default 400)
  --sessions N   second part: sessions at a gateway with a lean stdio unit and an idle time of 5 s, abandoned like that;
                 then until everything is back where it began, 2 minutes at most; 0 leaves it out (default 1000)
  --at-once N    second part: how many of them come at a time (default 1)
  -h, --help     print this and exit

In the second part the gateway runs with --expose-gc and collects its garbage when we signal it, before and after, so
that the heap shows what is held and not what was not yet swept up.

Exit code: 0, or 1 if a client was not served, there were more children than the pool allows, or something was left.
`;

const NUMBERS = { clients: [400, 0, 5_000], sessions: [1_000, 0, 10_000], 'at-once': [1, 1, 8] };
const DEFAULTS = fileURLToPath(new URL('../gateway.yaml', import.meta.url));

/** Milliseconds. */
const EACH_CHILD_LOOK = 50;
const EACH_LOOK = 1_000;
const IDLE_TIMEOUT = 5_000;
const BACK_WITHIN = 120_000;
/** Sessions abandoned before the first look, so that what is loaded only then is not taken for something left. */
const WARM_UP = 50;
/** What may be left: file descriptors of Node's own, and a heap that is never quite the same twice. */
const LEFT = { fds: 2, heap: 1.1 };

const wayOf = i => (i % 2 === 0 ? 'close' : 'stop');

/** Calls `each` every so many ms until the function it returns is called. */
function every(ms, each) {
  const timer = setInterval(each, ms);
  return () => clearInterval(timer);
}

/** Lets them come, `atOnce` at a time; `{ took, failures }`. */
async function letCome(url, count, { replyOf, atOnce = 1, name }) {
  const took = [];
  const failures = [];
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, one));
  return { took, failures };

  async function one() {
    while (next < count) {
      const i = next++;
      const result = await comeAndVanish(url, wayOf(i), replyOf);
      if (result.failure === undefined) took.push(result.took);
      else failures.push(result.failure);
      if (result.failure !== undefined && failures.length <= 10) progress(`${name}: ${i + 1}: ${result.failure}`);
      if ((i + 1) % 50 === 0) progress(`${name}: ${i + 1}/${count}`);
    }
  }
}

async function inARow(clients) {
  const gateway = await startGatewayWith(DEFAULTS);
  const { pid } = gateway.child.process;
  let most = 0;
  const stop = every(EACH_CHILD_LOOK, () => (most = Math.max(most, children(pid).length)));
  try {
    const { took, failures } = await letCome(gateway.urls.http, clients, { ...UNITS.everything, name: 'in a row' });
    const limit = (await metrics(gateway.urls.management))('gateway_pool_limit');
    const heads = ['served', 'not served', 'children at most', 'allowed', 'p50 ms', 'p99 ms', 'longest ms'];
    const figures = [took.length, failures.length, most, limit].map(whole);
    figures.push(...[0.5, 0.99, 1].map(share => decimal(quantile(took, share), 0)));
    process.stdout.write(`\n## ${clients} clients in a row, default configuration, server-everything over stdio\n\n`);
    process.stdout.write('From connecting to the answer to their call, which starts a process for each:\n\n');
    process.stdout.write(`${markdown([heads, figures])}\n`);
    return failures.length === 0 && most <= limit;
  } finally {
    stop();
    await gateway.child.end();
  }
}

async function settled(gateway) {
  await collect(gateway);
  return look(gateway);
}

function whatIsLeft(before, now) {
  const left = ['sessions', 'connections', 'leases', 'children'].filter(name => now[name] > before[name]);
  if (now.fds > before.fds + LEFT.fds) left.push('fds');
  if (now.heap > before.heap * LEFT.heap) left.push('heap');
  return left;
}

/** Looks until nothing is left or the time is over; `{ now, left, seconds }`. */
async function waitUntilBack(gateway, before) {
  const startedAt = performance.now();
  let told;
  for (;;) {
    const now = await settled(gateway);
    const left = whatIsLeft(before, now);
    const waited = performance.now() - startedAt;
    if (left.length === 0 || waited > BACK_WITHIN) return { now, left, seconds: waited / 1000 };
    const what = left.map(name => `${name} ${now[name]}`).join(', ');
    if (what !== told) progress(`after ${(waited / 1000).toFixed(0)} s not back yet: ${what}`);
    told = what;
    await delay(EACH_LOOK);
  }
}

async function manySessions(sessions, atOnce) {
  const settings = { sessions: { idle_timeout: IDLE_TIMEOUT } };
  const gateway = await startGateway(unitEntry('lean', UNITS.lean), { settings, nodeArgs: COLLECTABLE });
  const { http } = gateway.urls;
  const come = (count, name) => letCome(http, count, { ...UNITS.lean, atOnce, name });
  let stop = () => undefined;
  try {
    const empty = await settled(gateway);
    await come(WARM_UP, 'warm-up');
    await waitUntilBack(gateway, { ...empty, heap: Infinity });
    const before = await settled(gateway);
    const peak = { ...before };
    const note = seen => Object.keys(peak).forEach(name => (peak[name] = Math.max(peak[name], seen[name])));
    stop = every(EACH_LOOK, () => void look(gateway).then(note, () => undefined));
    const { took, failures } = await come(sessions, 'sessions');
    stop();
    note(await look(gateway));
    const { now, left, seconds } = await waitUntilBack(gateway, before);
    printTable({ sessions, took, failures, before, peak, now, seconds });
    if (left.length > 0) progress(`left behind: ${left.join(', ')}`);
    return failures.length === 0 && left.length === 0;
  } finally {
    stop();
    await gateway.child.end();
  }
}

function printTable({ sessions, took, failures, before, peak, now, seconds }) {
  const row = (name, { heap, rss, ...seen }) => [
    name,
    ...['sessions', 'connections', 'leases', 'children', 'fds'].map(column => whole(seen[column])),
    mib(heap),
    mib(rss, 0),
  ];
  const heads = ['', 'sessions', 'streams', 'leases', 'children', 'fds', 'heap MiB', 'RSS MiB'];
  const title = `## ${whole(sessions)} abandoned sessions, lean unit over stdio, idle time ${IDLE_TIMEOUT / 1000} s`;
  process.stdout.write(`\n${title}\n\n`);
  process.stdout.write(`${whole(took.length)} served, ${whole(failures.length)} not; `);
  process.stdout.write(`p50 ${decimal(quantile(took, 0.5), 0)} ms, p99 ${decimal(quantile(took, 0.99), 0)} ms; `);
  process.stdout.write(`back ${decimal(seconds, 0)} s after the last. Heap before and after without garbage.\n\n`);
  process.stdout.write(`${markdown([heads, row('before', before), row('peak', peak), row('after', now)])}\n`);
}

async function main() {
  const given = options(NUMBERS);
  if (given.help) return void process.stdout.write(HELP);
  process.stdout.write(`${machine()}\n`);
  const inOrder = given.clients === 0 || (await inARow(given.clients));
  const allBack = given.sessions === 0 || (await manySessions(given.sessions, given['at-once']));
  return inOrder && allBack ? 0 : 1;
}

await command(main);
