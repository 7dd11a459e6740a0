/** Two sides that take turns, and the ratio of what they come to. */
import { decimal } from './markdown.js';
import { median, quantile } from './stats.js';

export const SIDES = ['off', 'on'];

/** Within a round: a machine that becomes faster or slower meanwhile does so for both sides alike. */
const ABBA = ['off', 'on', 'on', 'off'];

const FIGURES = ['callsPerSecond', 'gatewayMicros', 'p99'];

/** What two halves of a measurement come to. */
const both = ([a, b]) => ({
  ...Object.fromEntries(FIGURES.map(figure => [figure, (a[figure] + b[figure]) / 2])),
  errors: a.errors + b.errors,
});

/** A round: off, on, on, off, or the other way round. @param measure measures one side, for one half */
export async function inTurns(round, measure) {
  const one = { off: [], on: [] };
  for (const side of round % 2 === 0 ? ABBA : [...ABBA].reverse()) one[side].push(await measure(side));
  return { off: both(one.off), on: both(one.on) };
}

export const of = (rounds, side, figure) => rounds.map(round => round[side][figure]);

/** On to off, of each round: what the machine does between rounds is in neither. */
const each = (rounds, figure) => rounds.map(({ on, off }) => on[figure] / off[figure]);
export const ratio = (rounds, figure) => median(each(rounds, figure));

/** The same with its quartiles. */
export function ratios(rounds, figure) {
  const [lower, middle, upper] = [0.25, 0.5, 0.75].map(share => quantile(each(rounds, figure), share));
  return `${decimal(middle, 3)} (${decimal(lower, 2)}–${decimal(upper, 2)})`;
}

export const failures = rounds =>
  SIDES.flatMap(side => of(rounds, side, 'errors')).reduce((sum, count) => sum + count, 0);
