#!/usr/bin/env node
/** tools/call through the gateway against the same call made directly to the same unit. See load/README.md. */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { run } from './lib/loops/loop.js';
import { GATEWAY } from './lib/processes/processes.js';
import { summary, table } from './lib/tables/report.js';
import { scenarios } from './lib/servers/scenarios.js';

const HELP = `calls — tools/call through the gateway and directly, alternating

Usage: npm run bench:calls -- [--rounds N] [--seconds N] [--clients N] [--only stdio|http|echo] [--json FILE]

  --rounds N    rounds; each measures every way once, under load and with one call at a time (default 5)
  --seconds N   length of one measurement (default 2)
  --clients N   clients under load, one call in flight each; over stdio it is always 4 with 16 each (default 20)
  --only NAME   one scenario instead of all
  --json FILE   also write all figures of all rounds there
  -h, --help    print this and exit

Exit code: 0, or 1 if a call failed or had another call's answer.
`;

/** Bounds, so that a slip of the finger does not start a run of a day. */
const LIMITS = { rounds: 100, seconds: 60, clients: 500 };
/** Seconds each way runs before the first round, so that nobody is measured with cold code. */
const WARM_UP = 1;

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      clients: { type: 'string', default: '20' },
      only: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return values;
  const numbers = Object.entries(LIMITS).map(([name, max]) => {
    const value = Number(values[name]);
    const least = name === 'seconds' ? 0.1 : 1;
    const fits = value >= least && value <= max && (name === 'seconds' || Number.isInteger(value));
    if (!fits) throw new Error(`--${name}: ${least} to ${max}, not ${values[name]}`);
    return [name, value];
  });
  return { ...values, ...Object.fromEntries(numbers) };
}

const progress = text => process.stderr.write(`${text}\n`);

/** One scenario from start to end: all its ways, one after the other, round by round. */
async function measure(scenario, { rounds, seconds }) {
  const site = await scenario.setUp();
  const ways = [];
  try {
    for (const way of scenario.ways) {
      const clients = [];
      for (let i = 0; i < scenario.load.clients; i++) clients.push(await way.open(site, scenario.load));
      const cpu = way.direct ? undefined : () => site.gateway.child.cpu();
      ways.push({ ...way, clients, cpu, load: [], latency: [] });
    }
    for (const way of ways) await run(way.clients, { ...scenario.load, seconds: Math.min(WARM_UP, seconds) });
    for (let round = 1; round <= rounds; round++) await measureRound(ways, scenario, { round, rounds, seconds });
    return { ...scenario, ways: ways.map(way => compared(way, ways[0])) };
  } finally {
    await Promise.all(ways.flatMap(way => way.clients.map(client => client.close())));
    await site.close();
  }
}

async function measureRound(ways, { name, load }, { round, rounds, seconds }) {
  for (const way of ways) {
    const { clients, cpu } = way;
    const result = await run(clients, { inFlight: load.inFlight, seconds, cpu });
    way.load.push(result);
    progress(`${name} ${round}/${rounds}: ${way.name}: ${Math.round(result.callsPerSecond)} calls/s`);
  }
  for (const way of ways) {
    const result = await run([way.clients[0]], { inFlight: 1, seconds, cpu: way.cpu });
    way.latency.push(result);
    progress(`${name} ${round}/${rounds}: ${way.name}: ${result.p50.toFixed(2)} ms`);
  }
}

function compared({ name, direct, load, latency }, first) {
  const base = first.direct && !direct ? first : undefined;
  return { name, load: summary(load, base?.load), latency: summary(latency, base?.latency) };
}

function print({ title, load, ways }) {
  const lines = [
    `\n## ${title}\n`,
    `Under load, ${load.clients} clients × ${load.inFlight} in flight; median (smallest–largest) of the rounds:\n`,
    ...table(ways, 'load'),
    '\nOne call at a time:\n',
    ...table(ways, 'latency'),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function machine() {
  const [{ model }] = cpus();
  return { node: process.version, platform: process.platform, arch: process.arch, cpus: cpus().length, model };
}

async function main(given) {
  if (given.help) return void process.stdout.write(HELP);
  if (!existsSync(GATEWAY)) throw new Error('There is no dist/main.js: run `npm run build` first.');
  const all = scenarios(given.clients);
  const chosen = all.filter(({ name }) => given.only === undefined || name === given.only);
  if (chosen.length === 0) throw new Error(`--only: one of ${all.map(({ name }) => name).join(', ')}`);

  const about = machine();
  process.stdout.write(`${about.cpus} × ${about.model}, Node ${about.node}; `);
  process.stdout.write(`${given.rounds} rounds of ${given.seconds} s\n`);
  const results = [];
  for (const scenario of chosen) {
    const result = await measure(scenario, given);
    print(result);
    results.push({ name: result.name, title: result.title, load: result.load, ways: result.ways });
  }
  if (given.json !== undefined) {
    const { rounds, seconds, clients } = given;
    const report = { machine: about, rounds, seconds, clients, scenarios: results };
    writeFileSync(given.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  const ways = results.flatMap(result => result.ways);
  const errors = ways.reduce((sum, { load, latency }) => sum + load.errors + latency.errors, 0);
  if (errors > 0) throw new Error(`${errors} calls failed or had another call's answer`);
}

// Ending by `exit` lets the processes we started be ended too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

try {
  await main(options());
} catch (thrown) {
  progress(thrown.message);
  // Not exitCode: a process that could not be ended in order would keep us waiting.
  process.exit(1);
}
