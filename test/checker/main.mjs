#!/usr/bin/env node
/** Is what the gateway promises of delivery true? See README.md beside this file. */
import { resolve } from 'node:path';
import { command, machine, options } from '../../load/lib/command.js';
import { account } from './account.mjs';
import { check } from './run.mjs';

const HELP = `check:delivery — clients that come and go in every way there is, and whether each gets everything, once, in order

Usage: npm run check:delivery -- [--seed N] [--messages N] [--clients N] [--seconds N] [--workers N] [--pace MS] [--tight 1] [--gaps 1] [--main FILE]

  --seed N        what all decisions are made from (default: another one each time)
  --messages N    messages that must have been accepted (default 100000)
  --clients N     of all kinds in turn (default 40)
  --seconds N     how long publishing takes, if the gateway is fast enough (default 30)
  --workers N     processes for the clients (default 2)
  --pace MS       between two things that a client does to its connection (default 700)
  --tight 1       only clients that acknowledge, and a gateway that keeps nothing beyond that (default 0)
  --gaps 1        clients that do not acknowledge may be told a gap (default 0)
  --main FILE     main file of the gateway (default dist/main.js)
  -h, --help      print this and exit

The same seed makes the same decisions. What meets on real sockets is not decided by us, so a run is not the same run twice:
try a seed that failed several times.

Exit code: 0 if nothing was violated, 1 if something was, 2 if there was nothing to judge.
`;

const NUMBERS = {
  seed: [Math.floor(Math.random() * 2 ** 31), 0, 2 ** 31],
  messages: [100_000, 100, 10_000_000],
  clients: [40, 1, 400],
  seconds: [30, 1, 3_600],
  workers: [2, 1, 8],
  pace: [700, 20, 60_000],
  gaps: [0, 0, 1],
  tight: [0, 0, 1],
};

async function main() {
  const given = options(NUMBERS, { main: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const { seed, messages, clients, seconds, workers, pace, gaps, tight } = given;
  process.stdout.write(`seed ${seed}\n${machine()}; ${messages} messages, ${clients} clients, ${seconds} s\n`);
  const file = given.main === undefined ? undefined : resolve(given.main);
  try {
    const outcome = await check({
      seed,
      messages,
      clients,
      seconds,
      workers,
      pace,
      tolerateGaps: gaps === 1,
      tight: tight === 1,
      main: file,
    });
    process.stdout.write(account(outcome));
    return outcome.violations.length > 0 ? 1 : 0;
  } catch (thrown) {
    process.stdout.write(`nothing to judge: ${thrown.stack}\n`);
    return 2;
  }
}

await command(main);
