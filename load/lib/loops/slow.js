/** Do those who read notice that others do not? Broadcasts to the same clients, while all read and while some do not. */
import { setTimeout as delay } from 'node:timers/promises';
import { machine, progress } from '../command.js';
import { decimal, markdown, whole } from '../tables/markdown.js';
import { inside } from './push-runs.js';
import { withSides } from '../servers/sides.js';
import { median, quantile } from '../tables/stats.js';

export const SLOW_NUMBERS = {
  connections: [1_000, 2, 19_000],
  rounds: [30, 1, 500],
  'slow-clients': [100, 1, 10_000],
  backlog: [150, 0, 10_000],
  'backlog-size': [1_024, 100, 60_000],
};

/** Milliseconds. */
const WITHIN = 20_000;
const CATCH_UP_WITHIN = 60_000;
/** After a backlog was published and before the first broadcast: its work is not what is measured. */
const SETTLE = 300;
/** By how much the medians may differ. */
const DIFFERS = 0.2;
const TURNS = ['calm', 'trouble'];

/** One server; its last clients are the slow ones. */
class Slow {
  /** Milliseconds from publishing a broadcast until all who always read have it. */
  took = { calm: [], trouble: [] };
  refused = 0;
  /** What the slow ones must have received by now, all together. */
  #due = 0;

  constructor(side, given) {
    this.side = side;
    this.given = given;
    this.slow = { from: given.connections - given['slow-clients'], to: given.connections };
  }

  async turn(turn) {
    const { crowd } = this.side;
    const { backlog, 'backlog-size': size } = this.given;
    if (turn === 'trouble') {
      await crowd.remote.ask('pause', this.slow);
      this.#count(backlog, await this.side.host.ask('backlog', { ...this.slow, count: backlog, size }));
    }
    await delay(SETTLE);
    const took = await this.#broadcasts();
    if (turn === 'trouble') await crowd.remote.ask('resume', this.slow);
    const all = { ...this.slow, total: this.#due, within: CATCH_UP_WITHIN };
    if (!(await crowd.remote.ask('caughtUp', all)))
      throw new Error(`${this.side.name}: the slow ones did not catch up`);
    this.took[turn].push(...took);
    return took;
  }

  async #broadcasts() {
    const { crowd } = this.side;
    const { broadcasts, size } = this.given;
    const took = [];
    await crowd.reset(this.slow.from);
    for (let i = 1; i <= broadcasts; i++) {
      const total = i * this.slow.from;
      const [published, { complete, count, lastAt }] = await Promise.all([
        inside(this.side, this.side.numbers(1), 1, size),
        crowd.completed(total, WITHIN),
      ]);
      if (!complete) {
        const wrong = await this.side.wrong(this.slow.from);
        const what = `${count} of ${total} messages of ${i} broadcasts arrived within ${WITHIN} ms, ${published.refused} refused`;
        throw new Error([`${this.side.name}: ${what}`, ...wrong].join('\n'));
      }
      this.#count(1, published);
      took.push((lastAt - published.at) / 1_000);
    }
    return took;
  }

  #count(messages, { refused }) {
    this.#due += messages * (this.slow.to - this.slow.from) - refused;
    this.refused += refused;
  }

  get ratio() {
    return median(this.took.trouble) / median(this.took.calm);
  }
}

/** `{ wrong, report }`, after the table is printed. */
export async function slow(given, names) {
  if (given['slow-clients'] >= given.connections) throw new Error('--slow-clients: some must be left that read');
  process.stdout.write(
    `${machine()}; ${whole(given.connections)} clients that acknowledge, ${given['slow-clients']} of them slow in turns, ` +
      `${given.rounds} rounds of ${given.broadcasts} broadcasts each\n`,
  );
  return withSides(names, { count: given.connections, acks: 0 }, async sides => {
    const all = Object.values(sides).map(side => new Slow(side, given));
    for (const one of all) for (const turn of TURNS) await one.turn(turn);
    for (const one of all) one.took = { calm: [], trouble: [] };
    for (let round = 0; round < given.rounds; round++) await oneRound(all, round, given.rounds);
    print(all, given);
    const wrong = [];
    for (const { side, slow: slowest, ratio } of all) {
      wrong.push(...(await side.wrong(slowest.from)));
      if (side.name !== 'gateway' || Math.abs(ratio - 1) <= DIFFERS) continue;
      wrong.push(`with slow clients a broadcast takes ${decimal(ratio, 2)} times as long`);
    }
    return { wrong, report: all.map(({ side, took, refused }) => ({ side: side.name, took, refused })) };
  });
}

async function oneRound(all, round, rounds) {
  for (const turn of round % 2 === 0 ? TURNS : TURNS.toReversed()) {
    for (const one of all) {
      const took = await one.turn(turn);
      progress(`${round + 1}/${rounds}: ${one.side.name}, ${turn}: ${decimal(median(took), 2)} ms`);
    }
  }
}

function print(all, { connections, 'slow-clients': count }) {
  const heads = ['ms, median (p99)', 'all read', `${count} do not`, 'ratio of the medians', 'refused to the slow'];
  const cell = took => `${decimal(median(took), 2)} (${decimal(quantile(took, 0.99), 2)})`;
  const rows = all.map(one => [
    one.side.name === 'bare' ? 'bare `ws`' : one.side.name,
    ...TURNS.map(turn => cell(one.took[turn])),
    decimal(one.ratio, 2),
    whole(one.refused),
  ]);
  process.stdout.write(
    `\nUntil the other ${whole(connections - count)} have a broadcast:\n\n${markdown([heads, ...rows])}\n`,
  );
}
