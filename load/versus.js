#!/usr/bin/env node
/** A benchmark in two checkouts, in turns: what has become of its figures. See load/README.md. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './lib/tables/stats.js';

const HELP = `versus — a benchmark in another checkout and in this one, in turns

Usage: npm run bench:versus -- --old DIR [--bench NAME] [--rounds N] [--only TEXT] [-- ARGUMENTS OF THE BENCHMARK]

  --old DIR     the other checkout, with node_modules and built
  --bench NAME  any with --json: calls, fanout, idle, open (default calls)
  --rounds N    each is old, new, new, old (default 3)
  --only TEXT   figures whose name has this text (default all)
  -h, --help    print this and exit

Example: npm run bench:versus -- --old ../before --only 'µs|callsPerSecond' -- --rounds 1 --seconds 2 --only echo

Printed is, for each figure, the median of new ÷ old over all pairs of neighbours, and its quartiles: what the machine does
meanwhile happens to both. Exit code: 0, or 1 if a run of the benchmark failed.
`;

const HERE = fileURLToPath(new URL('..', import.meta.url));

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      old: { type: 'string' },
      bench: { type: 'string', default: 'calls' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return values;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error(`--rounds: 1 to 100, not ${values.rounds}`);
  if (values.old === undefined) throw new Error('--old: which checkout is this one to be compared with?');
  for (const folder of [resolve(values.old), HERE]) {
    const bench = join(folder, 'load', `${values.bench}.js`);
    if (!existsSync(bench)) throw new Error(`There is no ${bench}.`);
    if (!existsSync(join(folder, 'dist/main.js')))
      throw new Error(`${folder} is not built: run \`npm run build\` there.`);
  }
  return { ...values, rounds, old: resolve(values.old), given: positionals };
}

/** Runs the benchmark of a checkout. @returns what it has written as JSON */
function run(folder, { bench, given }, scratch) {
  const file = join(scratch, 'figures.json');
  rmSync(file, { force: true });
  const args = [join(folder, 'load', `${bench}.js`), ...given, '--json', file];
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', fail);
    child.on('exit', () => {
      if (existsSync(file)) done(JSON.parse(readFileSync(file, 'utf8')));
      else fail(new Error(`${args.join(' ')} in ${folder} has written no figures.`));
    });
  });
}

/** Each figure by where it stands: items are told apart by their name, where they have one. */
function figures(value, path = '', found = new Map()) {
  if (typeof value === 'number') found.set(path, [...(found.get(path) ?? []), value]);
  else if (Array.isArray(value))
    for (const item of value) figures(item, join(path, item?.name ?? item?.side ?? ''), found);
  else if (value !== null && typeof value === 'object')
    for (const [name, each] of Object.entries(value)) if (name !== 'machine') figures(each, join(path, name), found);
  return found;
}

const quartile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function print(ratios) {
  for (const [name, each] of ratios) {
    const sorted = each.filter(Number.isFinite).sort((a, b) => a - b);
    if (sorted.length === 0) continue;
    const [low, high] = [quartile(sorted, 0.25), quartile(sorted, 0.75)].map(one => one.toFixed(2));
    console.log(`${median(sorted).toFixed(3)}  (${low}–${high}, ${sorted.length})  ${name}`);
  }
}

async function main() {
  const given = options();
  if (given.help) return void process.stdout.write(HELP);
  const scratch = mkdtempSync(join(tmpdir(), 'versus-'));
  const ratios = new Map();
  const pattern = new RegExp(given.only);
  try {
    for (let round = 1; round <= given.rounds; round++) {
      for (const order of [
        [given.old, HERE],
        [HERE, given.old],
      ]) {
        process.stderr.write(`round ${round} of ${given.rounds}: ${order[0] === HERE ? 'new, old' : 'old, new'}\n`);
        const seen = new Map();
        for (const folder of order) seen.set(folder, figures(await run(folder, given, scratch)));
        for (const [name, old] of seen.get(given.old)) {
          const now = seen.get(HERE).get(name);
          if (now && pattern.test(name)) ratios.set(name, [...(ratios.get(name) ?? []), median(now) / median(old)]);
        }
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  print(ratios);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
