#!/usr/bin/env node
/** One client stops reading. Does anybody else notice, and does it get everything afterwards? See README.md beside this file. */
import { setTimeout as delay } from 'node:timers/promises';
import { command, machine, options } from '../../load/lib/command.js';
import { decimal, mib } from '../../load/lib/tables/markdown.js';
import { metrics } from '../../load/lib/processes/metrics.js';
import { rss } from '../../load/lib/processes/proc.js';
import { startGateway } from '../../load/lib/processes/processes.js';
import { quantile } from '../../load/lib/tables/stats.js';
import { limitless, UNITS } from './settings.mjs';
import { Trial } from './trial.mjs';

const HELP = `check:slow-consumer — one client stops reading while much is published to it, and goes on reading later

Usage: npm run check:slow-consumer -- [--pause N] [--mib N] [--kind KIND] [--rate N] [--others N] [--main FILE]

  --pause N      seconds for which it does not read (default 60)
  --mib N        what is published to it meanwhile, unless its outbox is full before (default 20)
  --kind KIND    acking-websocket (default), acking-phoenix, positional, silent-websocket or silent-phoenix
  --rate N       messages a second to the others, by the clock (default 200)
  --others N     how many they are (default 10)
  --main FILE    main file of the gateway (default dist/main.js)
  -h, --help     print this and exit

Exit code: 0 if the slow client got everything that was accepted, once and in order, the gateway's memory grew by no more
than three times what it had to keep and 64 MiB, and the others' usual latency was not over three times what it was while as
much was published to a client that does read, and 10 ms. Otherwise 1.
`;

const NUMBERS = { pause: [60, 1, 600], mib: [20, 1, 256], rate: [200, 10, 5_000], others: [10, 1, 200] };

/** Milliseconds. */
const WARM_UP = 1_000;
const BEFORE_AT_MOST = 8_000;
const LOOKS_EACH = 200;
const SLICE = 250;
const CATCHES_UP_WITHIN = 30_000;
/** Share of the pause in which the flood comes. */
const FLOOD = 0.6;
const GROWTH = { factor: 3, more: 64 * 2 ** 20 };
const LATER = { factor: 3, more: 10 };

/** Memory of the gateway over time. */
class Memory {
  rss = [];
  buffered = [];

  constructor({ child, urls }) {
    this.timer = setInterval(() => {
      this.rss.push(rss(child.process.pid));
      metrics(urls.management).then(
        value => this.buffered.push(value('gateway_buffered_bytes')),
        () => undefined,
      );
    }, LOOKS_EACH);
  }

  stop() {
    clearInterval(this.timer);
  }
}

/**
 * The median of each slice of time, and of those the lower quartile: what else the machine does makes some slices slow,
 * the gateway would make all of them slow.
 */
function usual(latencies) {
  const slices = new Map();
  for (const { at, ms } of latencies) {
    const slice = Math.floor(at / SLICE);
    slices.set(slice, [...(slices.get(slice) ?? []), ms]);
  }
  return quantile(
    [...slices.values()].map(values => quantile(values, 0.5)),
    0.25,
  );
}

function judge({ trial, memory, before, during, start, flood }) {
  const grown = Math.max(...memory.rss) - start;
  const allowed = GROWTH.factor * flood.bytes + GROWTH.more;
  const wrong = trial.violations.map(({ client, rule, text }) => `${client}: ${rule}: ${text}`).slice(0, 10);
  if (flood.messages === 0 || before.length === 0 || during.length === 0) wrong.push('there was nothing to judge');
  if (grown > allowed) wrong.push(`memory grew by ${mib(grown)} MiB, more than ${mib(allowed)}`);
  if (usual(during) > LATER.factor * usual(before) + LATER.more) wrong.push('the others had to wait');
  const all = latencies => latencies.map(({ ms }) => ms);
  const ms = latencies =>
    `${decimal(usual(latencies), 1)} ms (p50 of all ${decimal(quantile(all(latencies), 0.5), 1)}, p99 ${decimal(quantile(all(latencies), 0.99), 1)})`;
  process.stdout.write(
    [
      `published to the slow client: ${flood.messages} messages, ${mib(flood.bytes)} MiB` +
        (flood.full ? '; then its outbox was full' : ''),
      `the others' latency: ${ms(before)} before, ${ms(during)} meanwhile`,
      `gateway: ${mib(start)} MiB RSS before, ${mib(Math.max(...memory.rss))} at most, ` +
        `${mib(Math.max(0, ...memory.buffered))} MiB buffered at most, ${mib(memory.buffered.at(-1) ?? NaN)} at the end`,
      `caught up in ${decimal(trial.caughtUpIn / 1_000, 1)} s`,
      ...wrong,
      '',
    ].join('\n'),
  );
  return wrong.length > 0 ? 1 : 0;
}

async function act(trial, gateway, { pause, mib: size }) {
  trial.steady();
  await delay(WARM_UP);
  trial.latencies();
  // The same flood first to somebody who reads it: then the only difference is that the other one does not.
  const [bytes, ms] = [size * 2 ** 20, pause * 1_000 * FLOOD];
  const share = Math.min(1, BEFORE_AT_MOST / ms);
  await trial.flood('brisk', bytes * share, ms * share);
  const before = trial.latencies();
  const start = rss(gateway.child.process.pid);
  const memory = new Memory(gateway);
  const release = trial.slow.hold();
  const ends = delay(pause * 1_000);
  const flood = await trial.flood('slow', bytes, ms);
  const during = trial.latencies();
  await ends;
  release();
  await trial.catchUp(CATCHES_UP_WITHIN);
  // One more look at the memory.
  await delay(2 * LOOKS_EACH);
  memory.stop();
  return judge({ trial, memory, before, during, start, flood });
}

async function main() {
  const given = options(NUMBERS, { kind: 'acking-websocket', main: undefined });
  if (given.help) return void process.stdout.write(HELP);
  process.stdout.write(`${machine()}; ${given.kind} does not read for ${given.pause} s\n`);
  const gateway = await startGateway(UNITS, { settings: limitless, ...(given.main ? { main: given.main } : {}) });
  const trial = new Trial(gateway.urls, given);
  try {
    await trial.open();
    return await act(trial, gateway, given);
  } finally {
    trial.close();
    await gateway.child.end();
  }
}

await command(main);
