#!/usr/bin/env node
/** Everything that says how fast Viable is, beside its peers, in one run. See load/README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { command, options, progress } from './lib/command.js';
import { pageOf, write } from './performance/page.js';
import { PARTS } from './performance/parts.js';
import { ran } from './performance/runner.js';
import { host, versions } from './performance/versions.js';

const NAMES = PARTS.map(({ name }) => name);
const PROFILES = ['short', 'full'];

const HELP = `performance — the gateway beside its peers: calls, latency, fan-out, memory, failover, control plane

Usage: npm run bench -- [--profile short|full] [--only PART,PART] [--write] [--json FILE] [--from FILE]

  --profile NAME  short: 25 minutes on two cores, 1,000 clients; full: two hours, 10,000 clients (default short)
  --only A,B      these parts: ${NAMES.join(', ')}
  --write         put the page into docs/PERFORMANCE.md and its pictures into docs/performance/, instead of printing it
  --json FILE     also write all figures there, those of each part when it is done
  --from FILE     measure nothing: make the page of the figures that an earlier run wrote there
  -h, --help      print this and exit

Each part runs one or two of the other commands of load/ (bench:peers, bench:open, bench:fanout …), one after the other; their
progress goes to stderr. Peers are no dependencies: the first run installs them into load/.peers with npm, without running
install scripts. The last part needs k6 with xk6-sse (K6=PATH where it is not in the PATH). Use a machine that has nothing else to do.

Exit code: 1 if a part could not be measured, and the page says so. Otherwise 0. That a peer failed, or is faster, is a
finding and no failure.
`;

function chosen(only) {
  const names = only?.split(',') ?? NAMES;
  for (const name of names) if (!NAMES.includes(name)) throw new Error(`--only: ${NAMES.join(', ')}, not ${name}`);
  return PARTS.filter(({ name }) => names.includes(name));
}

/** Run → its figures, or `{ failed }`. */
async function measured({ name, runs }, profile) {
  const results = {};
  for (const [run, args] of Object.entries(runs[profile])) {
    progress(`\n${name}: ${args.slice(1).join(' ')}`);
    results[run] = await ran(args).catch(thrown => ({ failed: thrown.message }));
  }
  return results;
}

function rendered(part, results, about) {
  const failed = Object.values(results).flatMap(({ failed: why }) => why ?? []);
  const { title } = part;
  if (failed.length > 0) return { title, failed, charts: {}, text: failed.map(why => `Not measured: ${why}.`) };
  try {
    return { title, failed, ...part.render(results, about) };
  } catch (thrown) {
    // Hours of other figures are not lost with one part's.
    const why = `its figures could not be shown: ${thrown.message}`;
    return { title, failed: [why], charts: {}, text: [`Not measured: ${why}.`] };
  }
}

async function run({ profile, only, json }) {
  const results = {};
  const found = { profile, host: host(), versions: versions(), results };
  const startedAt = performance.now();
  for (const part of chosen(only)) {
    results[part.name] = await measured(part, profile);
    // After each part: an hour's figures must not go with the next one's trouble.
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(found)}\n`);
    progress(`${part.name}: done after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  }
  return found;
}

async function main() {
  const given = options({}, { profile: 'short', only: undefined, json: undefined, from: undefined }, ['write']);
  if (given.help) return void process.stdout.write(HELP);
  if (!PROFILES.includes(given.profile)) throw new Error(`--profile: ${PROFILES.join(' or ')}, not ${given.profile}`);
  if (given.write && given.only !== undefined) throw new Error('--write: only with all parts, which the page is of');
  const found = given.from === undefined ? await run(given) : JSON.parse(readFileSync(given.from, 'utf8'));
  const { profile, host: where, versions: what, results } = found;
  const about = `${where.split(',')[0]}, Node ${what.Node}; profile ${profile}`;
  const parts = chosen(given.only)
    .filter(({ name }) => name in results)
    .map(part => rendered(part, results[part.name], about));
  const line = `npm run bench -- --profile ${profile}${given.only ? ` --only ${given.only}` : ' --write'}`;
  const page = pageOf({ command: line, host: where, versions: what, parts });
  if (given.write) await write(page);
  else process.stdout.write(page.page);
  return parts.some(({ failed }) => failed.length > 0) ? 1 : 0;
}

await command(main);
