/** What `failover.js` found, as a table. */
import { decimal, markdown, whole } from './markdown.js';
import { quantile } from './stats.js';

const HEADS = ['longest time between two answers of a session, ms', 'sessions', 'median', 'p99', 'longest'];

export function gapsTable(rounds) {
  const row = (title, phase) => {
    const gaps = rounds.flatMap(one => one[phase]);
    return [title, whole(gaps.length), ...[0.5, 0.99, 1].map(share => decimal(quantile(gaps, share), 1))];
  };
  const sum = figure => whole(rounds.reduce((total, one) => total + one[figure], 0));
  const table = markdown([HEADS, row('nothing happens', 'before'), row('an instance is killed', 'after')]);
  return `${table}\n\n${sum('asked')} calls, ${sum('errors')} failed, ${sum('lost')} without an answer.`;
}
