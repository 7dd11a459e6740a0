/** Figures of several rounds as the text of one cell. */
import { decimal, whole } from './markdown.js';
import { spread } from './report.js';

/** Median (smallest–largest) of one figure over the rounds that have it. */
export function range(rounds, figure, digits = 0) {
  const found = spread(rounds, figure);
  if (found === undefined) return '–';
  const text = value => (digits === 0 ? whole(value) : decimal(value, digits));
  return `${text(found.median)} (${text(found.min)}–${text(found.max)})`;
}

/** The rounds with `ratio`: their figure to that of the base in the same round. */
export function compared(rounds, base, figure) {
  return rounds.map((round, i) => ({ ...round, ratio: round[figure] / base[i][figure] }));
}
