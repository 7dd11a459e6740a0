#!/usr/bin/env node
/** How long calls take that come by the clock, through the gateway and beside it. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { command, machine, options, progress } from './lib/command.js';
import { runJudged } from './lib/loops/judged-loop.js';
import { decimal, whole } from './lib/tables/markdown.js';
import { OpenLoop } from './lib/loops/open-loop.js';
import { openTable } from './lib/tables/open-table.js';
import { median } from './lib/tables/stats.js';
import { chosenTargets, installTargets } from './lib/servers/targets.js';
import { UNITS } from './lib/servers/units.js';

const DEFAULT = 'direct,viable,viable-websocket,supergateway,mcp-proxy';

const HELP = `open — tools/call by the clock, at rates that are shares of what a closed loop reaches

Usage: npm run bench:open -- [--rounds N] [--seconds N] [--clients N] [--targets A,B] [--json FILE]

  --rounds N     each measures every way at every rate it can bear (default 3)
  --seconds N    length of one measurement (default 5)
  --clients N    sessions (default 20)
  --targets A,B  which ways, as bench:peers has them (default ${DEFAULT})
  --json FILE    also write all rounds there
  -h, --help     print this and exit

First a closed loop, 64 calls in flight, tells what each way reaches, the better of two. The rates are 20, 50 and 80 % of what the slowest way
reaches, and of what the slowest way of Viable reaches. A way is not measured at more than 90 % of what it reached itself.
Calls are due by the clock, whether or not earlier ones were answered, and their latency counts from when they were due:
what waits behind a slow answer counts in full. The clock is looked at each millisecond, so half of one is the generator's.

Exit code: 1 if a call through Viable failed or had no answer. Otherwise 0.
`;

const NUMBERS = { rounds: [3, 1, 50], seconds: [5, 1, 60], clients: [20, 1, 200] };
const SHARES = [0.2, 0.5, 0.8];
/** Of what a way reached, the share up to which it is measured. */
const BEARS = 0.9;
const CLOSED = { inFlight: 64, seconds: 2, warmUp: 2, times: 2 };
/** Milliseconds between two looks at the clock. */
const TICK = 1;
/** Calls in flight: each of them may be a socket. */
const MOST_OPEN = 2_000;
/** Of the latency; a curve is drawn of them. */
const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999];
const UNIT = UNITS.lean;

/** Undefined where there are too few to say: a thousand are the least of which one is beyond 99.9 %. */
const known = (durations, share) =>
  Math.round(durations.count * (1 - share)) >= 1 ? durations.quantile(share) : undefined;

/** One way with its sessions, and what it reaches. */
class Way {
  sessions = [];
  /** Rate → what its rounds came to. */
  rounds = new Map();
  failure = undefined;
  #next = 0;

  constructor(target) {
    this.target = target;
  }

  async open(count) {
    this.site = await this.target.start(UNIT, count);
    const inFlight = Math.ceil(CLOSED.inFlight / count);
    for (let i = 0; i < count; i++) {
      const client = await this.target.open(this.site, UNIT, inFlight);
      this.sessions.push({ name: `${this.target.name}/${i}`, client, inFlight: 0, calls: 0 });
    }
  }

  /** A closed loop's calls a second, the best so far: cold code must not decide the rates. */
  async reach() {
    const share = Math.floor(CLOSED.inFlight / this.sessions.length);
    const given = { seconds: CLOSED.warmUp, replyOf: UNIT.replyOf };
    const sessions = this.sessions.map(({ name, client, calls: lastId }) => {
      return { name, client, lastId, inFlight: Math.max(1, share) };
    });
    await runJudged(sessions, given);
    const { callsPerSecond } = await runJudged(sessions, { ...given, seconds: CLOSED.seconds });
    // Nobody may mistake a late answer for that of another call.
    this.sessions.forEach((session, i) => (session.calls = sessions[i].lastId));
    this.reached = Math.max(this.reached ?? 0, callsPerSecond);
  }

  async measure(rate, seconds) {
    const pick = () => this.sessions[this.#next++ % this.sessions.length];
    const loop = new OpenLoop(pick, rate, { tick: TICK, mostOpen: MOST_OPEN });
    loop.start();
    await new Promise(resolve => setTimeout(resolve, seconds * 1_000));
    await loop.stop();
    const { asked, right, errors, lost, late, failures, durations, sent } = loop;
    return {
      ...{ asked, right, errors, lost, late, failures: [...failures.keys()].slice(0, 3) },
      ...{ p50: known(durations, 0.5), p99: known(durations, 0.99), p999: known(durations, 0.999) },
      longest: durations.longest,
      sentP50: sent.quantile(0.5),
      curve: QUANTILES.map(share => known(durations, share)),
    };
  }

  async end() {
    await Promise.all(this.sessions.map(({ client }) => client.close()));
    await this.site?.child?.end();
  }
}

/** A peer that fails is a finding, and no reason to stop; Viable that fails is one. */
async function attempt(way, act) {
  if (way.failure !== undefined) return undefined;
  try {
    return await act();
  } catch (thrown) {
    if (way.target.peer === undefined) throw thrown;
    way.failure = thrown.message;
    progress(`${way.target.name}: ${thrown.message}`);
    return undefined;
  }
}

/** Calls a second, ascending. */
function ratesFor(ways) {
  const reached = ways.filter(({ reached: some }) => some > 0);
  const slowest = list => Math.min(...list.map(one => one.reached));
  const ours = reached.filter(({ target }) => target.name.startsWith('viable'));
  const bases = [slowest(reached), ...(ours.length > 0 ? [slowest(ours)] : [])];
  const rates = bases.flatMap(base => SHARES.map(share => Math.round(base * share)));
  return [...new Set(rates)].filter(rate => rate > 0 && Number.isFinite(rate)).sort((a, b) => a - b);
}

async function measure(ways, { rounds, seconds, clients }) {
  for (const way of ways) await attempt(way, () => way.open(clients));
  for (let i = 0; i < CLOSED.times; i++) {
    for (const way of ways) {
      await attempt(way, () => way.reach());
      progress(`${way.target.title}: a closed loop reaches ${whole(way.reached)} calls/s`);
    }
  }
  const rates = ratesFor(ways);
  for (let round = 0; round < rounds; round++) {
    for (const rate of rates) {
      for (let turn = 0; turn < ways.length; turn++) {
        const way = ways[(round + turn) % ways.length];
        if (!(rate <= way.reached * BEARS)) continue;
        const result = await attempt(way, () => way.measure(rate, seconds));
        if (result === undefined) continue;
        way.rounds.set(rate, [...(way.rounds.get(rate) ?? []), result]);
        const { p50, p99, errors, lost } = result;
        progress(
          `${round + 1}/${rounds} ${whole(rate)}/s ${way.target.name}: p50 ${decimal(p50, 2)}, ` +
            `p99 ${decimal(p99, 2)} ms, ${errors} errors, ${lost} lost`,
        );
      }
    }
  }
  return rates;
}

const plain = ({ target: { name, title }, reached, failure, rounds }) => {
  const at = [...rounds].map(([rate, all]) => {
    const curve = QUANTILES.map((share, i) => [share, median(all.map(round => round.curve[i]))]).filter(([, ms]) =>
      Number.isFinite(ms),
    );
    return { rate, rounds: all, curve };
  });
  return { name, title, reached, failure, at };
};

function judge(ways) {
  const ours = ways.filter(({ target }) => target.name.startsWith('viable'));
  const rounds = ours.flatMap(way => [...way.rounds.values()].flat());
  const bad = rounds.reduce((sum, { errors, lost }) => sum + errors + lost, 0);
  const why = [...new Set(rounds.flatMap(({ failures }) => failures))].slice(0, 3);
  return bad > 0 ? [`${bad} calls through Viable failed: ${why.join('; ')}`] : [];
}

async function main() {
  const given = options(NUMBERS, { targets: DEFAULT, json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const targets = chosenTargets(given.targets);
  await installTargets(targets);
  const ways = targets.map(target => new Way(target));
  try {
    const rates = await measure(ways, given);
    const result = { rates, ways: ways.map(plain) };
    const wrong = judge(ways);
    process.stdout.write(`${machine()}; ${given.rounds} rounds of ${given.seconds} s\n\n${openTable(result)}\n`);
    if (given.json !== undefined)
      writeFileSync(given.json, `${JSON.stringify({ machine: machine(), ...result, wrong })}\n`);
    for (const what of wrong) progress(what);
    return wrong.length > 0 ? 1 : 0;
  } finally {
    for (const way of ways) await way.end();
  }
}

await command(main);
