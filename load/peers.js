#!/usr/bin/env node
/** tools/call through the gateway beside other gateways, all in front of the same stdio unit. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { command, machine, options, progress } from './lib/command.js';
import { LOST_AFTER, runJudged } from './lib/loops/judged-loop.js';
import { decimal, markdown, mib, whole } from './lib/tables/markdown.js';
import { PEERS } from './lib/servers/peers.js';
import { commandLine, descendants, pss, rss } from './lib/processes/proc.js';
import { spread } from './lib/tables/report.js';
import { chosenTargets, installTargets, TARGETS } from './lib/servers/targets.js';
import { UNITS } from './lib/servers/units.js';

const HELP = `peers — tools/call through Viable and through other gateways, alternating

Usage: npm run bench:peers -- [--unit lean|everything] [--clients N] [--in-flight N] [--seconds N] [--rounds N]
                              [--alone N] [--idle N] [--targets NAME,NAME] [--json FILE]

  --unit NAME       what stands behind all of them, over stdio (default lean: load/lean-unit.mjs)
  --clients N       sessions (default 20)
  --in-flight N     calls in flight of all sessions together (default 64)
  --seconds N       length of one measurement (default 3)
  --rounds N        each measures every target once, beginning with another one each time (default 5)
  --alone N         also as many seconds, each time, with one session that makes one call at a time (default 0)
  --idle N          sessions held open to measure memory; 0 leaves that out (default 100)
  --targets A,B     only these: ${TARGETS.map(({ name }) => name).join(', ')}
  --json FILE       also write all figures of all rounds there
  -h, --help        print this and exit

The other gateways are no dependencies of Viable: the first run installs ${Object.entries(PEERS)
  .map(([name, version]) => `${name} ${version}`)
  .join(' and ')}
into load/.peers with npm, without running install scripts. supergateway cannot be told an address and listens on
all of them while it is measured. All run as their README has it, supergateway with --logLevel none.

Each answer must carry the text of the very call it answers. A call that got another's answer is "crossed", a foreign
answer that came to a session that had no such call a "stray", one without an answer after ${LOST_AFTER / 1000} s "lost".

Exit code: 0, or 1 if anything of that, or an error, happened to Viable.
`;

const VERDICTS = ['right', 'crossed', 'strays', 'lost', 'errors'];
/** Seconds each session set runs before it is measured: its children are new. */
const WARM_UP = 1;
/** Milliseconds for memory to settle before it is looked at. */
const SETTLE = 2_000;

const NUMBERS = {
  clients: [20, 1, 200],
  'in-flight': [64, 1, 2_000],
  seconds: [3, 0.1, 60],
  rounds: [5, 1, 100],
  alone: [0, 0, 60],
  idle: [100, 0, 500],
};

let sessionsOpened = 0;

/** Opens `count` sessions one after the other; the calls in flight are dealt out among them. */
async function openSessions({ target, site, unit }, count, inFlight) {
  const sessions = [];
  try {
    for (let i = 0; i < count; i++) {
      const share = Math.floor(inFlight / count) + (i < inFlight % count ? 1 : 0);
      const client = await target.open(site, unit, Math.max(1, share));
      sessions.push({ name: `${target.name}/${++sessionsOpened}`, client, inFlight: share });
    }
    return sessions;
  } catch (thrown) {
    await closeAll(sessions);
    throw thrown;
  }
}

function closeAll(sessions) {
  return Promise.all(sessions.map(({ client }) => client.close()));
}

async function slice(way, { clients, 'in-flight': inFlight, seconds }) {
  const { site, unit } = way;
  let sessions = [];
  try {
    if (site.broken !== undefined) throw new Error(site.broken);
    sessions = await openSessions(way, clients, inFlight);
    const { replyOf } = unit;
    const warmUp = await runJudged(sessions, { seconds: Math.min(WARM_UP, seconds), replyOf });
    const cpu = site.child && (() => site.child.cpu());
    const result = await runJudged(sessions, { seconds, replyOf, cpu });
    // What went wrong while it warmed up went wrong all the same.
    for (const verdict of VERDICTS) result[verdict] += warmUp[verdict];
    return { ...result, failures: [...warmUp.failures, ...result.failures] };
  } catch (thrown) {
    // A peer that breaks is a finding and no reason to stop.
    return { right: 0, crossed: 0, strays: 0, errors: 1, lost: 0, callsPerSecond: 0, failures: [thrown.message] };
  } finally {
    await closeAll(sessions);
  }
}

/** Bytes of the gateway and of the units it started; a direct session is nothing but a unit. */
function memory({ site, unit }, sessions) {
  const sum = (pids, bytes) => pids.reduce((total, pid) => total + bytes(pid), 0);
  const direct = sessions.flatMap(({ client }) => client.child?.process.pid ?? []);
  const below = site.child ? descendants(site.child.process.pid) : direct;
  const units = below.filter(pid => commandLine(pid).includes(unit.script));
  const own = site.child ? [site.child.process.pid, ...below.filter(pid => !units.includes(pid))] : [];
  return { own: sum(own, rss), all: sum([...own, ...units], rss), allShared: sum([...own, ...units], pss) };
}

/** Memory of a process of its own with no session and with `idle` sessions that have made one call each. */
async function weigh(target, unit, idle) {
  const site = await target.start(unit, idle + 1);
  const way = { target, site, unit };
  let sessions = [];
  try {
    // The first session makes it load what it loads only then.
    await closeAll(await call(await openSessions(way, 1, 1), unit));
    await delay(SETTLE);
    const before = memory(way, []);
    sessions = await call(await openSessions(way, idle, idle), unit);
    await delay(SETTLE);
    const after = memory(way, sessions);
    const each = Object.fromEntries(Object.keys(before).map(key => [key, (after[key] - before[key]) / idle]));
    return { idle, before, after, each };
  } catch (thrown) {
    progress(`${target.name}: memory: ${thrown.message}`);
    return undefined;
  } finally {
    await closeAll(sessions);
    await site.child?.end();
  }
}

async function call(sessions, { replyOf }) {
  await runJudged(sessions, { seconds: 0.001, replyOf });
  return sessions;
}

/** What stands between; of a peer that does not start, why. */
async function started(target, unit, sessions) {
  try {
    return await target.start(unit, sessions);
  } catch (thrown) {
    if (target.peer === undefined) throw thrown;
    return { broken: thrown.message };
  }
}

async function measure(targets, unit, given) {
  const ways = [];
  try {
    for (const target of targets) {
      ways.push({ target, unit, site: await started(target, unit, given.clients), rounds: [], alone: [] });
    }
    for (let round = 0; round < given.rounds; round++) {
      for (let turn = 0; turn < ways.length; turn++) {
        const way = ways[(round + turn) % ways.length];
        const result = await slice(way, given);
        way.rounds.push(result);
        const { crossed, strays, lost, errors, failures } = result;
        progress(
          `${round + 1}/${given.rounds} ${way.target.name}: ${whole(result.callsPerSecond)} calls/s, ` +
            `${crossed} crossed, ${strays} strays, ${lost} lost, ${errors} errors ${failures.slice(0, 2).join('; ')}`,
        );
        if (given.alone === 0) continue;
        // After the load: a gateway whose code is cold takes several times as long.
        way.alone.push(await slice(way, { clients: 1, 'in-flight': 1, seconds: given.alone }));
        progress(`${round + 1}/${given.rounds} ${way.target.name}: alone p50 ${decimal(way.alone.at(-1).p50, 2)} ms`);
      }
    }
    return ways;
  } finally {
    await Promise.all(ways.map(({ site }) => site.child?.end()));
  }
}

const range = (value, format) =>
  value ? `${format(value.median)} (${format(value.min)} – ${format(value.max)})` : '–';

function printCalls(ways) {
  const base = ways.find(({ target }) => target.name === 'direct');
  const rows = [['', 'calls/s', '× direct', 'p50 ms', 'p99 ms', 'gateway µs/call', ...VERDICTS]];
  for (const { target, rounds } of ways) {
    const compared = rounds.map((round, i) => ({
      ...round,
      ratio: base && round.callsPerSecond / base.rounds[i].callsPerSecond,
    }));
    const of = figure => spread(compared, figure);
    const sum = figure => whole(rounds.reduce((total, round) => total + round[figure], 0));
    rows.push([
      target.title,
      range(of('callsPerSecond'), whole),
      target === base?.target ? '' : decimal(of('ratio')?.median, 2),
      decimal(of('p50')?.median, 2),
      decimal(of('p99')?.median, 1),
      whole(of('gatewayMicros')?.median),
      ...VERDICTS.map(sum),
    ]);
  }
  process.stdout.write(`\n${markdown(rows)}\n`);
}

function printMemory(weights, idle) {
  const heads = ['gateway alone', '+ each session', 'with units', '+ each session', 'the same, shared pages divided'];
  const rows = [['MiB', ...heads]];
  for (const { title, weight } of weights) {
    const { before, each } = weight ?? { before: {}, each: {} };
    rows.push([
      title,
      before.own === 0 ? '–' : mib(before.own, 0),
      before.own === 0 ? '–' : mib(each.own, 2),
      before.own === 0 ? '–' : mib(before.all, 0),
      mib(each.all),
      mib(each.allShared),
    ]);
  }
  process.stdout.write(`\nResident memory without a session, and what each of ${idle} idle ones adds:\n\n`);
  process.stdout.write(`${markdown(rows)}\n`);
}

async function main() {
  const given = options(NUMBERS, { unit: 'lean', targets: undefined, json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  if (!UNITS[given.unit]) throw new Error(`--unit: one of ${Object.keys(UNITS).join(', ')}`);
  const targets = chosenTargets(given.targets);
  const unit = UNITS[given.unit];
  await installTargets(targets);
  const { clients, 'in-flight': inFlight, rounds, seconds, idle } = given;
  process.stdout.write(
    `${machine()}; ${given.unit} unit over stdio, ${clients} sessions, ${inFlight} calls in flight, `,
  );
  process.stdout.write(`${rounds} rounds of ${seconds} s; median (smallest – largest)\n`);

  const weights = [];
  for (const target of idle > 0 ? targets : []) {
    progress(`${target.name}: memory with ${idle} sessions`);
    weights.push({ name: target.name, title: target.title, weight: await weigh(target, unit, idle) });
  }
  const ways = await measure(targets, unit, given);
  printCalls(ways);
  if (given.alone > 0) {
    process.stdout.write('\nOne session, one call at a time:\n');
    printCalls(ways.map(way => ({ ...way, rounds: way.alone })));
  }
  if (idle > 0) printMemory(weights, idle);
  if (given.json !== undefined) {
    const results = ways.map(({ target: { name, title }, rounds: all, alone }) => ({
      name,
      title,
      rounds: all,
      alone,
    }));
    writeFileSync(given.json, `${JSON.stringify({ machine: machine(), given, results, weights }, null, 2)}\n`);
  }
  const ours = ways
    .filter(({ target }) => target.name.startsWith('viable'))
    .flatMap(way => [...way.rounds, ...way.alone]);
  const wrong = ours.reduce((sum, { crossed, strays, lost, errors }) => sum + crossed + strays + lost + errors, 0);
  if (wrong > 0) throw new Error(`${wrong} calls through Viable went wrong`);
}

await command(main);
