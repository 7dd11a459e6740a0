#!/usr/bin/env node
/** Records what gateways do on the bus and on the wire under the chaos tests, to see that a change of structure changes none of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `record-chaos — what gateways do on the bus and on the wire under the chaos tests, and whether it is the same elsewhere

Usage: npm run record:chaos -- record OUT.json [--runs N] [--in FOLDER] [PATTERN…]
       npm run record:chaos -- merge OUT.json ONE.json…
       npm run record:chaos -- compare A.json B.json     (exits 1 where they differ)
       npm run record:chaos -- loose A.json

  --runs N     runs to record (default: 1); what differs between them is compared less closely, or not at all
  --in FOLDER  a built checkout whose tests are run (default: this folder)
  PATTERN      of the tests' paths (default: test/chaos)
  -h, --help   print this and exit

A recording holds how often each line came in each test, for each run. In the tests of one file, what came equally often in
every run is compared by its count; what did not, by whether it came; what came in some runs only, in the same way within the
whole file, and then within all files. What differs even there is not compared: loose lists it. Where something differs that
may be a matter of luck, record those files again (PATTERN), merge that with the recording, and compare anew.
`;

/** They run scripts that start gateways by themselves, and what happens there is up to dice and to the time it takes. */
const LEFT_OUT = ['delivery-checker', 'slow-consumer', 'viability'].map(name => `/${name}\\.spec`);
const RECORDER = resolve(import.meta.dirname, '../test/support/recorder.cjs');

function runOnce(root, patterns) {
  const folder = mkdtempSync(join(tmpdir(), 'record-'));
  const [lines, results] = ['lines', 'results.json'].map(name => join(folder, name));
  writeFileSync(lines, '');
  const args = ['jest', '--runInBand', '--setupFilesAfterEnv', RECORDER, '--json', '--outputFile', results];
  const env = { ...process.env, RECORD_FILE: lines, RECORD_ROOT: root };
  const ignored = ['/node_modules/', ...LEFT_OUT].flatMap(name => ['--testPathIgnorePatterns', name]);
  spawnSync('npx', [...args, ...ignored, '--', ...patterns], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const counts = count(readFileSync(lines, 'utf8'));
  for (const { name, assertionResults } of JSON.parse(readFileSync(results, 'utf8')).testResults)
    for (const { fullName, status } of assertionResults)
      (counts[`${basename(name)} › ${fullName}`] ??= {})[`test ${status}`] = 1;
  rmSync(folder, { recursive: true });
  return counts;
}

function count(text) {
  const counts = {};
  let test;
  for (const line of text.split('\n').filter(Boolean)) {
    if (line.startsWith('# ')) test = counts[line.slice(2)] ??= {};
    else test[line] = (test[line] ?? 0) + 1;
  }
  return counts;
}

/** Where a line is looked for: in a test, in its file, in all files. */
const LEVELS = [test => test, test => test.split(' › ')[0], () => 'all files'];

/**
 * These come by the clock, by the load, as often as a test has asked, or by one of two ways: they are compared only by whether
 * they come at all.
 */
const TIMED = [
  /WebSocket p[io]ng|method: "ping"|SSE comment|text\/plain|HTTP body text|reason: "idle"/,
  /bus lever_/,
  /client <- (HTTP 200 .*mcp-session-id|SSE data\+id  nothing)|unit <- HTTP POST/,
];

/** These come where the machine is slow, and are not compared at all. */
const LOAD = /bus (gateway_metrics|load_forecast|usage_pattern|anomaly_)|lever: "(connections|drained|handshakes)"/;

/** How often each line came at each place: place → line → a count for each run in which the whole place was. */
function gather(runs, placeOf, most) {
  const places = new Map();
  for (const run of runs) {
    const here = new Map();
    for (const [test, lines] of Object.entries(run)) {
      const counts = here.get(placeOf(test)) ?? here.set(placeOf(test), {}).get(placeOf(test));
      for (const [line, times] of Object.entries(lines)) counts[line] = (counts[line] ?? 0) + times;
    }
    for (const [place, counts] of here)
      if (place !== 'all files' || Object.keys(run).length === most)
        places.set(place, [...(places.get(place) ?? []), counts]);
  }
  return places;
}

/** A count, `some`, or `loose` where it came in some runs only. */
function steady(runs, line) {
  const counts = runs.map(run => run[line] ?? 0);
  if (counts.every(one => one === counts[0])) return counts[0];
  return counts.includes(0) ? 'loose' : 'some';
}

const ORDER = ['some', 'loose'];
const worse = (one, other) => (ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other);

const filesOf = runs => new Set(runs.flatMap(Object.keys).map(LEVELS[1]));

/** Every line at every place, and how closely it can be compared: as closely as at the worst place of its group. */
function* lines(runsA, runsB, level) {
  const most = Math.max(...[...runsA, ...runsB].map(run => Object.keys(run).length));
  const [a, b] = [runsA, runsB].map(runs => gather(runs, LEVELS[level], most));
  const [all, worst] = [[], new Map()];
  for (const place of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(place), b.get(place)];
    const group = LEVELS[level + 1]?.(place);
    if (!left || !right) yield { place, group, line: 'the whole test', one: left ? 1 : 0, other: right ? 1 : 0 };
    else
      for (const line of new Set([...left, ...right].flatMap(Object.keys).filter(each => !LOAD.test(each)))) {
        const [one, other] = [left, right].map(runs => steady(runs, line));
        const key = `${group} ${line}`;
        all.push({ place, group, line, one, other, key });
        worst.set(key, [one, other].reduce(worse, worst.get(key)));
      }
  }
  for (const { key, ...rest } of all) yield { ...rest, worst: worst.get(key) };
}

/** Looks at each line in each test, at those that are loose there again in their files, and so on. */
function differences(runsA, runsB) {
  const found = [];
  let loose;
  for (const level of LEVELS.keys()) {
    const above = new Map();
    for (const { place, group, line, one, other, worst } of lines(runsA, runsB, level)) {
      if (loose && !loose.get(line)?.has(place)) continue;
      const isTimed = TIMED.some(pattern => pattern.test(line));
      if (worst === 'loose' || (isTimed && group)) above.set(line, (above.get(line) ?? new Set()).add(group));
      else if (worst === 'some' || isTimed ? (one === 0) !== (other === 0) : one !== other)
        found.push({ place, line, one, other });
    }
    loose = above;
  }
  return { found, loose: [...loose.keys()].sort() };
}

/** Files that only one of them has, as where one was made of some files: those are told, and not compared. */
function onlyInOne(runsA, runsB) {
  const [a, b] = [filesOf(runsA), filesOf(runsB)];
  return [...new Set([...a, ...b])].filter(file => !a.has(file) || !b.has(file));
}

const without = (runs, files) =>
  runs.map(run => Object.fromEntries(Object.entries(run).filter(([test]) => !files.includes(LEVELS[1](test)))));

const load = path => JSON.parse(readFileSync(path, 'utf8')).runs;
const save = (path, runs) => writeFileSync(path, `${JSON.stringify({ runs }, undefined, 1)}\n`);

const options = {
  runs: { type: 'string', default: '1' },
  in: { type: 'string', default: '.' },
  help: { type: 'boolean', short: 'h' },
};
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [command, path, ...rest] = positionals;
if (values.help || path === undefined) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 1;
} else if (command === 'record') {
  const runs = Array.from({ length: Number(values.runs) }, () =>
    runOnce(resolve(values.in), rest.length ? rest : ['test/chaos']),
  );
  save(path, runs);
} else if (command === 'merge') {
  save(path, rest.flatMap(load));
} else if (command === 'compare') {
  const [a, b] = [load(path), load(rest[0])];
  const alone = onlyInOne(a, b);
  const { found } = differences(without(a, alone), without(b, alone));
  for (const place of new Set(found.map(one => one.place))) {
    console.log(place);
    const lines = found.filter(one => one.place === place);
    for (const { line, one, other } of lines) console.log(`  ${one} → ${other}: ${line}`);
  }
  if (alone.length > 0) console.log(`not compared, as only one has them: ${alone.join(', ')}`);
  console.log(found.length === 0 ? 'no difference' : `${found.length} differences`);
  process.exitCode = found.length === 0 ? 0 : 1;
} else if (command === 'loose') {
  for (const line of differences(load(path), load(path)).loose) console.log(line);
}
