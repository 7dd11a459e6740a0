#!/usr/bin/env node
/** A steady load for minutes or hours: does anything grow, does anything get lost? See load/README.md. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { command, machine, options, progress } from './lib/command.js';
import { Herd } from './lib/clients/herd.js';
import { decimal, markdown, mib, whole } from './lib/tables/markdown.js';
import { OpenLoop } from './lib/loops/open-loop.js';
import { startGateway } from './lib/processes/processes.js';
import { median, slope } from './lib/tables/stats.js';
import { unitEntry, UNITS } from './lib/servers/units.js';
import { look } from './lib/processes/vitals.js';

const HELP = `soak — a steady load on a gateway of its own, with sessions coming and going all the time

Usage: npm run soak -- [--minutes N] [--rate N] [--json FILE]

  --minutes N   how long (default 10)
  --rate N      calls a second, by the clock, whether or not those before were answered (default 200)
  --json FILE   also write all samples there
  -h, --help    print this and exit

22 sessions at a time, over Streamable HTTP and WebSocket, at the built-in echo unit and a lean stdio unit. Each lives for
seconds; a third ends in order, a third by closing its sockets, a third just stops. sessions.idle_timeout is 5 s, so the
gateway ends the abandoned ones. Everything else is as it is by default.

Exit code: 1 if a call failed, had another call's answer or had none within 10 s; if sessions, leases or children are left
after the idle time; in runs of 10 minutes and more also if the heap's median in the last quarter is over that of the
second quarter by more than 10 %, or that of sessions, children or file descriptors by more than 10 % and 2. Otherwise 0.
`;

const NUMBERS = { minutes: [10, 0.5, 1_440], rate: [200, 20, 2_000] };

/** Milliseconds. */
const IDLE_TIMEOUT = 5_000;
const EACH_LOOK = 2_000;
const EACH_SAMPLE = 10_000;
/** Time for what was abandoned last to be ended: the idle time, the gateway's look for it, and its children's grace. */
const AT_REST_AFTER = IDLE_TIMEOUT + 5_000 + 5_000;
const MINUTE = 60_000;
/** Until then code is loaded and compiled, and sockets of the first abandoned sessions are not closed yet. */
const WARM_UP = 2 * MINUTE;
/** Minutes. The heap falls back every two minutes or so at 200 calls/s; a quarter must hold all of such a tooth. */
const JUDGED_FROM = 10;
const GROWTH = { share: 1.1, count: 2 };

/** Looks every few seconds; each sample is the last of its looks, with the smallest heap and the longest lag of all. */
class Samples {
  all = [];
  #looks = [];
  #timer;

  constructor(gateway, loop) {
    this.gateway = gateway;
    this.loop = loop;
  }

  start() {
    this.startedAt = performance.now();
    this.#timer = setInterval(() => this.#look().catch(thrown => this.loop.fail(thrown.message)), EACH_LOOK);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #look() {
    this.#looks.push(await look(this.gateway));
    const at = performance.now() - this.startedAt;
    if (at < (this.all.length + 1) * EACH_SAMPLE) return;
    // Between two collections the heap grows; its smallest size says most about what is held.
    const heap = Math.min(...this.#looks.map(({ heap }) => heap));
    const lag = Math.max(...this.#looks.map(({ lag }) => lag));
    const { lost, errors: failed } = this.loop;
    const sample = { at, ...this.#looks.at(-1), heap, lag, lost, failed };
    this.all.push(sample);
    this.#looks = [];
    const { sessions, leases, children, fds, rss } = sample;
    progress(
      `${decimal(at / MINUTE, 1)} min: heap ${mib(heap)}, RSS ${mib(rss, 0)} MiB, ${sessions} sessions, ${leases} leases, ` +
        `${children} children, ${fds} fds, lag ${decimal(lag, 0)} ms, ${lost} lost, ${failed} errors`,
    );
  }
}

const smallest = values => (values.length > 0 ? Math.min(...values) : NaN);

/** One quarter's samples, 1 to 4, to one figure: their median unless it is told otherwise. */
function quarter(samples, number) {
  const share = samples.slice(((number - 1) * samples.length) / 4, (number * samples.length) / 4);
  return (name, reduce = median) => reduce(share.map(sample => sample[name]));
}

/** What grew between the second quarter and the last one, as text; of nothing else the first quarter tells. */
function growth(samples, minutes) {
  if (minutes < JUDGED_FROM) return [];
  const [second, last] = [quarter(samples, 2), quarter(samples, 4)];
  const grew = ['sessions', 'children', 'fds'].filter(
    name => last(name) > second(name) * GROWTH.share && last(name) > second(name) + GROWTH.count,
  );
  if (last('heap') > second('heap') * GROWTH.share) grew.push('heap');
  return grew.map(name => `${name} grew from ${second(name)} to ${last(name)}`);
}

const ROWS = [
  ['heap MiB', 'heap', mib],
  ['heap MiB, smallest', 'heap', mib, smallest],
  ['external MiB', 'external', mib],
  ['RSS MiB', 'rss', mib],
  ['sessions', 'sessions', whole],
  ['streams and sockets', 'connections', whole],
  ['leases', 'leases', whole],
  ['children', 'children', whole],
  ['file descriptors', 'fds', whole],
  ['event-loop lag p99, ms', 'lag', value => decimal(value, 1)],
];

function print({ samples, loop, herd, rest }) {
  const seconds = loop.asked / loop.rate;
  const ms = share => decimal(loop.durations.quantile(share), 2);
  const ends = Object.entries(herd.ended).map(([way, count]) => `${whole(count)} ${way}`);
  const lines = [
    `${whole(loop.asked)} calls in ${whole(seconds)} s, ${whole(loop.right)} right, ${loop.lost} lost, ${loop.errors} errors; `,
    `p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, longest ${decimal(loop.durations.longest, 0)} ms from when they were due `,
    `(sent ${decimal(loop.late, 0)} ms late at most)\n`,
    `${whole(herd.opened)} sessions: ${ends.join(', ')}\n\n`,
  ];
  process.stdout.write(lines.join(''));
  const quarters = [1, 2, 4].map(number => quarter(samples, number));
  const rows = ROWS.map(([title, name, format, reduce]) => [
    title,
    ...quarters.map(of => format(of(name, reduce))),
    format(rest[name] ?? NaN),
  ]);
  const heads = ['median', 'first quarter', 'second quarter', 'last quarter', 'at rest'];
  process.stdout.write(`${markdown([heads, ...rows])}\n`);
  const after = samples.filter(({ at }) => at >= WARM_UP).map(({ at, heap }) => ({ x: at / MINUTE, y: heap }));
  const growing = after.length > 2 ? `${mib(slope(after) * 1024) /* KiB */} KiB a minute` : 'too short a run to tell';
  process.stdout.write(`\nheap, least squares from minute 2 on: ${growing}\n`);
}

/** The gateway with nobody there any more. */
async function atRest(gateway) {
  await delay(AT_REST_AFTER);
  const seen = await look(gateway);
  const left = ['sessions', 'leases', 'children'].filter(name => seen[name] > 0);
  return { seen, left: left.map(name => `${seen[name]} ${name} left at rest`) };
}

async function soak({ minutes, rate, json }) {
  const units = [{ name: 'echo', kind: 'echo' }, unitEntry('lean', UNITS.lean)];
  const gateway = await startGateway(units, { settings: { sessions: { idle_timeout: IDLE_TIMEOUT } } });
  let died = false;
  gateway.child.process.once('exit', () => (died = true));
  try {
    const herd = new Herd(gateway.urls);
    await herd.start();
    const loop = new OpenLoop(() => herd.pick(), rate);
    herd.onFailure = why => loop.fail(why);
    const samples = new Samples(gateway, loop);
    loop.start();
    samples.start();
    const end = performance.now() + minutes * MINUTE;
    while (performance.now() < end && !died) await delay(Math.min(1_000, Math.max(1, end - performance.now())));
    samples.stop();
    await loop.stop();
    if (died) throw new Error('the gateway died');
    await herd.stop();
    const rest = await atRest(gateway);
    print({ samples: samples.all, loop, herd, rest: rest.seen });
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: machine(), samples: samples.all })}\n`);
    for (const [why, count] of loop.failures) progress(`${count} × ${why}`);
    const wrong = [...rest.left, ...growth(samples.all, minutes)];
    if (loop.lost + loop.errors > 0) wrong.push(`${loop.lost} calls lost, ${loop.errors} errors`);
    for (const what of wrong) progress(what);
    return wrong.length > 0 ? 1 : 0;
  } finally {
    await gateway.child.end();
  }
}

async function main() {
  const given = options(NUMBERS, { json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  process.stdout.write(`${machine()}; ${given.rate} calls/s for ${given.minutes} minutes\n`);
  return soak(given);
}

await command(main);
