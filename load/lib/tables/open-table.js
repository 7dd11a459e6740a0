/** What `open.js` found, as a table: a row for each rate and each way. */
import { markdown, whole } from './markdown.js';
import { range } from './rounds.js';

const HEADS = ['median (range)', 'p50 ms', 'p99 ms', 'p99.9 ms', 'p50 from sending, ms', 'answered', 'failed or lost'];

export function openTable({ rates, ways }) {
  return markdown([HEADS, ...rates.flatMap(rate => ways.map(way => row(rate, way)))]);
}

function row(rate, { title, reached, failure, at }) {
  const head = `${whole(rate)}/s, ${title}`;
  const rounds = at.find(one => one.rate === rate)?.rounds;
  if (rounds === undefined) return [head, failure ?? `reaches ${whole(reached)}/s`, '–', '–', '–', '–', '–'];
  const sum = figure => rounds.reduce((total, round) => total + round[figure], 0);
  return [
    head,
    range(rounds, 'p50', 2),
    range(rounds, 'p99', 2),
    range(rounds, 'p999', 1),
    range(rounds, 'sentP50', 2),
    whole(sum('right')),
    whole(sum('errors') + sum('lost')),
  ];
}
