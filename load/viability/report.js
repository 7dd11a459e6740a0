/** Figures of all runs as tables. */
import { decimal, markdown, whole } from '../lib/tables/markdown.js';
import { median } from '../lib/tables/stats.js';
import { CAP } from './figures.js';
import { judge } from './judge.js';

const SIDES = ['off', 'on'];

/** Median, and how far rounds lie apart where there are several. */
function cell(rounds, figure, format) {
  const values = rounds.map(round => round[figure]);
  const text = format(median(values));
  if (values.length < 2) return text;
  return `${text} (${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

const percent = share => decimal(share * 100, 1);
const milliseconds = ms => (ms >= CAP ? `≥ ${whole(CAP)}` : whole(ms));
const seconds = ms => (Number.isFinite(ms) ? decimal(ms / 1_000, 1) : 'not');

const COLUMNS = [
  ['goodput/s', 'goodput', whole],
  ['% of calm', 'share', percent],
  ['p99 ms', 'p99', milliseconds],
  ['failed', 'failed', whole],
  ['recovered after s', 'recovery', seconds],
  ['gateway CPU %', 'cpu', share => whole(share * 100)],
];

/** @param results `{ name, title, on, off }` each; `on` and `off`: figures of each round */
export function summary(results) {
  const heading = ['disturbance', 'regulation', ...COLUMNS.map(([title]) => title), 'judgement'];
  const rows = results.flatMap(result =>
    SIDES.map(side => [
      side === 'off' ? `**${result.name}**: ${result.title}` : '',
      side,
      ...COLUMNS.map(([, figure, format]) => cell(result[side], figure, format)),
      side === 'on' ? judgement(result) : '',
    ]),
  );
  return markdown([heading, ...rows]);
}

function judgement({ on, off }) {
  const { verdict, better, worse, though } = judge(on, off);
  const named = worse.length > 0 ? worse : better;
  const aside = though.length > 0 ? `; not ${though.join(', ')}` : '';
  return named.length > 0 ? `${verdict} (${named.join(', ')}${aside})` : verdict;
}

/** What was moved while regulation was on, in the first round of each scenario. */
export function moves(results) {
  const rows = results.flatMap(({ name, levers }) =>
    grouped(levers).map(({ lever, by, times, targets, first }) => [
      name,
      `${by} ${lever}`,
      whole(times),
      whole(targets),
      decimal(first / 1_000, 1),
    ]),
  );
  if (rows.length === 0) return 'No lever was moved.';
  return markdown([['disturbance', 'lever', 'set', 'targets', 'first, s after it began'], ...rows]);
}

function grouped(levers) {
  const groups = new Map();
  for (const { lever, by, target, value, at } of levers) {
    if (value === null) continue;
    const key = `${by} ${lever}`;
    const group = groups.get(key) ?? { lever, by, times: 0, seen: new Set(), first: at };
    group.times++;
    group.seen.add(target);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ seen, ...group }) => ({ ...group, targets: seen.size }));
}
