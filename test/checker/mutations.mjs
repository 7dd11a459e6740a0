#!/usr/bin/env node
/** Does the checker notice when the promise is broken? See README.md beside this file. */
import { command, options, progress } from '../../load/lib/command.js';
import { markdown } from '../../load/lib/tables/markdown.js';
import { GATEWAY_MUTATIONS } from './gateway-mutations.mjs';
import { mutant } from './mutant.mjs';
import { check } from './run.mjs';
import { STAND_IN_MUTATIONS } from './stand-in-mutations.mjs';

const HELP = `check:mutations — breaks a copy of the gateway in one place after the other, and demands that check:delivery sees it

Usage: npm run check:mutations -- [--seed N] [--tries N] [--only NAME] [--of gateway|stand-in] [--messages N] …

  --seed N        of the first try; the next ones count on (default 1)
  --tries N       runs in which it must be seen at the latest (default 4)
  --only TEXT     mutations with this in their name
  --unbroken 0    do not run the copy as it is first
  --of WHAT       gateway (default) or stand-in, the small one that the checker is tested with
  --messages N    of each run (default 15000), --clients N (default 20), --seconds N (default 6), --pace MS (default 400)
  -h, --help      print this and exit

The copy lies in a temporary folder; dist/ is not touched. First the copy as it is must pass.

Exit code: 0 if every mutation was caught and the copy as it is was not, otherwise 1.
`;

const NUMBERS = {
  seed: [1, 0, 2 ** 31],
  tries: [4, 1, 20],
  messages: [15_000, 100, 10_000_000],
  clients: [20, 1, 400],
  seconds: [6, 1, 3_600],
  pace: [400, 20, 60_000],
  unbroken: [1, 0, 1],
};

const PROGRAMS = {
  gateway: { folder: 'dist', main: 'main.js', mutations: GATEWAY_MUTATIONS },
  'stand-in': { folder: 'test/checker/stand-in', main: 'main.mjs', mutations: STAND_IN_MUTATIONS },
};

/**
 * Every other try is with clients of all kinds, the others are tight (settings.mjs): some mistakes show only where nothing is kept.
 * @returns `{ caught, tries, by }`: in which try, and what was seen first
 */
async function trial(program, mutation, { seed, tries, ...size }) {
  const { main, remove } = await mutant(program, mutation);
  try {
    for (let tried = 1; tried <= tries; tried++) {
      const { violations } = await check({ ...size, main, seed: seed + tried - 1, workers: 2, tight: tried % 2 === 0 });
      const [first] = violations;
      if (first)
        return { caught: true, tries: tried, by: `${first.client}: ${first.rule}: ${first.text.slice(0, 120)}` };
    }
    return { caught: false, tries, by: '' };
  } finally {
    await remove();
  }
}

async function passesUnbroken(program, size) {
  const { caught, by } = await trial(program, undefined, { ...size, tries: 2 });
  progress(caught ? `the copy as it is does not pass: ${by}` : 'the copy as it is passes');
  return !caught;
}

async function main() {
  const { help, only = '', of, unbroken, ...size } = options(NUMBERS, { only: undefined, of: 'gateway' });
  if (help) return void process.stdout.write(HELP);
  const program = PROGRAMS[of];
  if (program === undefined) throw new Error(`--of: gateway or stand-in, not ${of}`);
  const mutations = program.mutations.filter(({ name }) => name.includes(only));
  if (mutations.length === 0) throw new Error(`no mutation of the ${of} has "${only}" in its name`);
  // All of them before the first run: one that does not fit any more is to be seen at once.
  for (const mutation of mutations) await (await mutant(program, mutation)).remove();
  const rows = [['mutation', 'seen', 'try', 'first']];
  let missed = unbroken === 1 && !(await passesUnbroken(program, size)) ? 1 : 0;
  for (const mutation of mutations) {
    const { caught, tries, by } = await trial(program, mutation, size);
    if (!caught) missed++;
    rows.push([mutation.name, caught ? 'caught' : 'NOT caught', String(tries), by]);
    progress(`${mutation.name}: ${rows.at(-1).slice(1).join(', ')}`);
  }
  process.stdout.write(`${markdown(rows)}\n${rows.length - 1} mutations, ${missed} missed\n`);
  return missed > 0 ? 1 : 0;
}

await command(main);
