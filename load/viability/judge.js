/** Whether regulation made it better, by the figures alone. */
import { CAP, RECOVERED } from './figures.js';
import { median } from '../lib/tables/stats.js';

/**
 * What is compared: the figure, whether more of it is better, and what counts as noise at least. Rounds that differ more
 * among themselves make it more. `calm`: the same figure while nothing was disturbed; what differs there is noise too.
 * `counted`: whether what is worse is calls that were refused or never answered. These are not good, nor are those that
 * are answered too late: where goodput is better nevertheless, they are in it already.
 */
const COMPARED = [
  { name: 'goodput', figure: 'share', more: true, noise: () => 0.02 },
  {
    name: 'p99',
    figure: 'p99',
    more: false,
    noise: most => Math.max(50, 0.3 * most),
    calm: 'calmP99',
    counted: on => on >= CAP,
  },
  { name: 'failed', figure: 'failedShare', more: false, noise: () => 0.005, counted: () => true },
  { name: 'recovery', figure: 'recovery', more: false, noise: () => 1_000 },
];

export const VERDICTS = { better: 'better', equal: 'equal within noise', worse: 'WORSE' };

/** Half of what the rounds of a side lie apart; 0 of one round. */
function unrest(values) {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? 0 : (Math.max(...known) - Math.min(...known)) / 2;
}

const middle = (rounds, figure) => median(rounds.map(round => round[figure]));

function compare({ figure, more, noise, calm }, on, off) {
  const [with_, without] = [on, off].map(rounds => middle(rounds, figure));
  if (with_ === without) return 'equal';
  const bound = Math.max(
    noise(Math.max(finite(with_), finite(without))),
    calm === undefined ? 0 : Math.abs(middle(on, calm) - middle(off, calm)),
    ...[on, off].map(side => unrest(side.map(r => r[figure]))),
  );
  if (Math.abs(with_ - without) <= bound) return 'equal';
  return with_ > without === more ? 'better' : 'worse';
}

const finite = value => (Number.isFinite(value) ? value : CAP);

/**
 * @param on figures of the rounds with regulation; `off`: without
 * @returns `{ verdict, better, worse, though }`: one of VERDICTS, and the names of what is better and worse; `though`:
 *   of what is worse and counted already where it is better
 */
export function judge(on, off) {
  const found = { better: [], worse: [], equal: [], though: [] };
  for (const one of COMPARED) {
    const how = compare(one, on, off);
    const isCounted = how === 'worse' && found.better.includes('goodput') && one.counted?.(middle(on, one.figure));
    found[isCounted ? 'though' : how].push(one.name);
  }
  const { better, worse, though } = found;
  const verdict = worse.length > 0 ? VERDICTS.worse : better.length > 0 ? VERDICTS.better : VERDICTS.equal;
  return { verdict, better, worse, though };
}

/** What must not be and is, as text. @param results `{ name, held, on, off }` each; `held`: goodput must hold */
export function complaints(results) {
  return results.flatMap(({ name, held, on, off }) => {
    const { worse } = judge(on, off);
    const share = median(on.map(round => round.share));
    const restless = [...on, ...off].filter(({ calmShare }) => !(calmShare >= RECOVERED)).length;
    return [
      ...(restless > 0
        ? [`${name}: in ${restless} runs the calm phase was none; the machine has other work to do`]
        : []),
      ...(worse.length > 0 ? [`${name}: regulation is worse in ${worse.join(', ')}`] : []),
      ...(held && !(share >= RECOVERED)
        ? [`${name}: goodput with regulation is ${(share * 100).toFixed(1)} % of that in calm`]
        : []),
    ];
  });
}
