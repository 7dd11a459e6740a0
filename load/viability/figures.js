/**
 * From what clients have noted to the figures of the report. An item is `[due, took]`: when a call or message was due,
 * on one clock of all processes, and how long it took until its answer was there, both in ms; null: never, or wrongly.
 * It counts in the second in which it was due, whether or not it went out then.
 */
import { quantile } from '../lib/tables/stats.js';

/** Milliseconds within which an answer is worth something. */
export const DEADLINE = 1_000;
/** Milliseconds that an answer which never comes counts as. */
export const CAP = 10_000;
/** Of the goodput in the calm phase: from there on it counts as recovered. */
export const RECOVERED = 0.95;

/** Milliseconds: for how long goodput must be back, and the grid on which that is looked for. */
const SUSTAINED = 2_000;
const GRID = 100;

const within = (items, from, to) => items.filter(([due]) => due >= from && due < to);
const isGood = ([, took]) => took !== null && took <= DEADLINE;

/** Good items per second. */
export function goodput(items, from, to) {
  return (within(items, from, to).filter(isGood).length * 1_000) / (to - from);
}

/** Milliseconds; what never came counts as CAP, and so does what took longer. NaN of nothing. */
export function p99(items, from, to) {
  const took = within(items, from, to).map(([, ms]) => Math.min(ms ?? CAP, CAP));
  return quantile(took, 0.99);
}

/** How many never came, or wrongly. */
export function failed(items, from, to) {
  return within(items, from, to).filter(([, took]) => took === null).length;
}

/** Good items per second in each `step` of that time: as many numbers as steps fit in. */
export function series(items, from, to, step) {
  const counts = new Array(Math.floor((to - from) / step)).fill(0);
  for (const item of items) {
    const bin = Math.floor((item[0] - from) / step);
    if (bin >= 0 && bin < counts.length && isGood(item)) counts[bin]++;
  }
  return counts.map(count => (count * 1_000) / step);
}

/**
 * Milliseconds from `from` until goodput is at least 95 % of `calm` in the two seconds that follow, and in any two
 * seconds that begin later. 0 where it never fell below; Infinity where it had not come back at `to`.
 * @param calm good items per second in the calm phase
 */
export function recovery(items, { from, to, calm }) {
  const bins = series(items, from, to, GRID);
  const width = SUSTAINED / GRID;
  const wanted = RECOVERED * calm * width;
  for (let start = bins.length - width; start >= 0; start--) {
    const good = bins.slice(start, start + width).reduce((sum, rate) => sum + rate, 0);
    // A count and a quotient: what is equal may differ in the last digit.
    if (good >= wanted - 1e-6) continue;
    return start === bins.length - width ? Infinity : (start + 1) * GRID;
  }
  return 0;
}

/**
 * The figures of one run.
 * @param items of all kinds
 * @param times `{ calm, disturbed, recovering, end }`: when each phase began, and the last one ended
 */
export function figuresOf(items, { calm, disturbed, recovering, end }) {
  const before = goodput(items, calm, disturbed);
  const during = goodput(items, disturbed, recovering);
  const due = within(items, disturbed, recovering).length;
  const lost = failed(items, disturbed, recovering);
  return {
    calm: before,
    /** Of what was due in calm, how much was good: less than nearly all is no calm. */
    calmShare: (before * (disturbed - calm)) / 1_000 / within(items, calm, disturbed).length,
    goodput: during,
    share: during / before,
    p99: p99(items, disturbed, recovering),
    calmP99: p99(items, calm, disturbed),
    due,
    failed: lost,
    failedShare: due === 0 ? 0 : lost / due,
    recovery: recovery(items, { from: disturbed, to: end, calm: before }),
  };
}
