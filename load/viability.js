#!/usr/bin/env node
/** The same disturbances with regulation and without. See load/README.md. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command, machine, options, progress } from './lib/command.js';
import { decimal, whole } from './lib/tables/markdown.js';
import { median } from './lib/tables/stats.js';
import { chart } from './viability/chart.js';
import { figuresOf, series } from './viability/figures.js';
import { complaints } from './viability/judge.js';
import { writePage } from './viability/page.js';
import { moves, summary } from './viability/report.js';
import { SCENARIOS } from './viability/scenarios/index.js';
import { perform } from './viability/stage.js';

const NAMES = SCENARIOS.map(({ name }) => name);

const HELP = `viability — the same disturbances with regulation and without

Usage: npm run viability -- [--only ${NAMES.join(',')}] [--rounds N] [--seed N] [--quick] [--write] [--json FILE]

  --only a,b     these scenarios instead of all
  --rounds N     each scenario so often on either side, in turns (default 1); figures are medians
  --seed N       of what clients do by chance (default: another one each time); the same on both sides
  --quick        phases of a few seconds: whether it runs, not what it measures
  --write        put the table into docs/VIABILITY.md and the picture into docs/viability.svg
  --json FILE    also write all figures and series there
  -h, --help     print this and exit

Each run begins with a gateway of its own, at its defaults except for regulation.enabled and limits on what may come at
all, then warms up, is calm, is disturbed, and recovers. Goodput: answers and messages of well-behaved clients that came
within 1 s of when they were due.

Exit code: 1 if anything is worse with regulation, if with it goodput in slow, flood, flap or transports is below 95 % of
that before, if a calm phase was not calm, or if something could not be run. Otherwise 0.
`;

const NUMBERS = { rounds: [1, 1, 20], seed: [0, 0, 2 ** 31] };
const SIZES = { full: { throng: 2_000 }, quick: { throng: 200 } };
/** Milliseconds. */
const WARM_UP = 4_000;
const QUICK = { warmUp: 500, calm: 1_500, disturbance: 2_500, recovery: 1_000 };
const SECOND = 1_000;

const FILES = { page: '../docs/VIABILITY.md', picture: '../docs/viability.svg' };

function phasesOf({ phases }, quick) {
  if (quick) return QUICK;
  const { calm, disturbance, recovery } = phases;
  return {
    warmUp: WARM_UP,
    calm: calm * SECOND,
    disturbance: disturbance * SECOND,
    recovery: recovery * SECOND,
  };
}

/** One run, with its figures and the percent of calm goodput in each second. */
async function run(scenario, regulated, { quick, seed }) {
  const phases = phasesOf(scenario, quick);
  const size = { ...SIZES[quick ? 'quick' : 'full'], seed };
  const done = await perform(scenario, regulated, { phases, size });
  const { items, times, told } = done;
  const all = Object.values(items).flat();
  const figures = figuresOf(all, times);
  if (scenario.recovered) figures.recovery = scenario.recovered(figures.recovery, told);
  const perSecond = series(all, times.calm, times.end, SECOND).map(rate => (rate / figures.calm) * 100);
  const levers = done.levers.map(({ at, ...moved }) => ({ ...moved, at: at - times.disturbed }));
  const tenths = series(all, times.calm, times.end, SECOND / 10);
  const { failures, log, cores } = done;
  figures.cpu = cores.gateway;
  return { figures, perSecond, tenths, levers, told, failures, log, cores };
}

function tell(name, regulated, { figures, told, failures, cores, levers }) {
  const { goodput, share, p99, failed, recovery } = figures;
  progress(
    `${name}, regulation ${regulated ? 'on' : 'off'}: ${whole(goodput)}/s, ${decimal(share * 100, 1)} % of calm, ` +
      `p99 ${whole(p99)} ms, ${failed} failed, recovered after ${decimal(recovery / 1_000, 1)} s; ` +
      `cores: gateway ${decimal(cores.gateway, 2)}, others ${decimal(cores.others, 2)}` +
      `${regulated ? `; ${levers.length} lever moves` : ''}`,
  );
  if (Object.keys(told).length > 0) progress(`  ${JSON.stringify(told)}`);
  for (const [why, count] of failures) progress(`  ${count} × ${why}`);
}

/** Both sides of one scenario, in turns. */
async function measure(scenario, { rounds, quick, seed }) {
  const sides = { on: [], off: [] };
  for (let round = 0; round < rounds; round++) {
    for (const regulated of round % 2 === 0 ? [false, true] : [true, false]) {
      const found = await run(scenario, regulated, { quick, seed: seed + round });
      tell(scenario.name, regulated, found);
      sides[regulated ? 'on' : 'off'].push(found);
    }
  }
  const { name, title, held } = scenario;
  const figures = side => sides[side].map(one => one.figures);
  const { levers } = sides.on[0];
  return { name, title, held, on: figures('on'), off: figures('off'), levers, sides };
}

/** For each second the median over the rounds. */
function middle(rounds) {
  const length = Math.min(...rounds.map(({ perSecond }) => perSecond.length));
  return Array.from({ length }, (_, i) => median(rounds.map(({ perSecond }) => perSecond[i])));
}

function picture(results, quick, subtitle) {
  const panels = results.map(({ name, title, sides }) => {
    const phases = phasesOf(
      SCENARIOS.find(one => one.name === name),
      quick,
    );
    const [from, to] = [phases.calm / SECOND, phases.disturbance / SECOND];
    return { name, title, from, to, on: middle(sides.on), off: middle(sides.off) };
  });
  return chart(panels, subtitle);
}

function chosen(only) {
  const names = only?.split(',') ?? NAMES;
  for (const name of names) if (!NAMES.includes(name)) throw new Error(`--only: ${NAMES.join(', ')}, not ${name}`);
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

async function main() {
  const given = options(NUMBERS, { only: undefined, json: undefined }, ['quick', 'write']);
  if (given.help) return void process.stdout.write(HELP);
  const scenarios = chosen(given.only);
  if (given.seed === 0) given.seed = randomInt(1, 2 ** 31);
  const results = [];
  for (const scenario of scenarios) results.push(await measure(scenario, given));
  const rounds = given.rounds === 1 ? 'one round' : `medians (smallest–largest) of ${given.rounds} rounds`;
  const where = `${machine()}; ${rounds}, seed ${given.seed}`;
  const report = `${where}.\n\n${summary(results)}\n\nWhat regulation moved:\n\n${moves(results)}`;
  process.stdout.write(`${report}\n`);
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify({ machine: machine(), results })}\n`);
  if (given.write) {
    writePage(fileURLToPath(new URL(FILES.page, import.meta.url)), report);
    writeFileSync(new URL(FILES.picture, import.meta.url), picture(results, given.quick, where));
  }
  const wrong = complaints(results);
  for (const what of wrong) progress(what);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
