/** Sentences that figures make: what is ahead of Viable is said whenever it is. */
import { decimal } from '../lib/tables/markdown.js';
import { median } from '../lib/tables/stats.js';

/** The page is about Viable, which is "the gateway" in the runs it is made of. */
export const named = title => title.replace(/^gateway/, 'Viable');

/** Share of a figure below which there is no saying who is ahead. */
const LEVEL = 0.02;

const of = (rounds, figure) => median(rounds.map(round => round[figure]).filter(Number.isFinite));

/** Which of `ways` did better than ours, as a sentence, by more than next to nothing. @param what `more calls a second`, for one */
export function ahead(ours, ways, { figure, what, less = false }) {
  const own = of(ours.rounds, figure);
  if (!(own > 0)) return `${ours.title} has no figure to compare with.`;
  const better = ways.filter(way => {
    const ratio = of(way.rounds, figure) / own;
    return way !== ours && (less ? ratio < 1 - LEVEL : ratio > 1 + LEVEL);
  });
  if (better.length === 0) return `Nothing beside ${ours.title} had ${what}, beyond 2 %.`;
  const list = better.map(way => `${way.title} (${decimal(of(way.rounds, figure) / own, 2)} ×)`);
  return `${list.join(', ')} had ${what} than ${ours.title}.`;
}
