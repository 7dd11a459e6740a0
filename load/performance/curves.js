/** Latency over the share of calls that had no more, both logarithmic, a panel for each rate. */
import { decimal, whole } from '../lib/tables/markdown.js';
import { element, number } from '../lib/tables/svg.js';
import { colour, HEAD, line, picture, text, WIDTH } from './picture.js';

const LEGEND = 24;
const PANEL = { height: 230, left: 66, right: 26, top: 30, bottom: 34 };
const SHARES = [0.5, 0.9, 0.99, 0.999];

const nines = share => -Math.log10(1 - share);
const [FROM, TO] = [nines(SHARES[0]), nines(SHARES.at(-1))];

/** @param panels `{ title, ways }`; ways `{ name, title, curve: [[share, ms], …] }` */
export function curves(title, subtitle, panels) {
  const all = panels.flatMap(({ ways }) => ways.flatMap(({ curve }) => curve.map(([, ms]) => ms)));
  const scale = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))];
  const width = WIDTH / panels.length;
  const top = HEAD + LEGEND;
  const known = new Map(panels.flatMap(({ ways }) => ways.map(way => [way.name, way])));
  const parts = panels.map((panel, i) =>
    element('g', { transform: `translate(${number(i * width)} ${top})` }, drawn(panel, width, scale).join('\n')),
  );
  return picture({ title, subtitle, height: top + PANEL.height }, [...legend([...known.values()]), ...parts]);
}

function legend(ways) {
  const width = (WIDTH - 32) / ways.length;
  return ways.flatMap(({ name, title }, i) => [
    line(16 + i * width, HEAD + 8, 36 + i * width, HEAD + 8, `${colour(name)}-line`, { 'stroke-width': 3 }),
    text({ x: 42 + i * width, y: HEAD + 12, size: 10.5 }, title.replace(/, Streamable HTTP stateful| \(.*\)/, '')),
  ]);
}

function drawn({ title, ways }, width, [low, high]) {
  const inner = { width: width - PANEL.left - PANEL.right, height: PANEL.height - PANEL.top - PANEL.bottom };
  const x = share => PANEL.left + ((nines(share) - FROM) / (TO - FROM)) * inner.width;
  const y = ms => PANEL.top + (1 - (Math.log10(ms) - low) / Math.max(1, high - low)) * inner.height;
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return [
    text({ x: PANEL.left, y: 18, size: 12.5, weight: 600 }, title),
    ...decades.flatMap(ms => [
      line(PANEL.left, y(ms), width - PANEL.right, y(ms), 'grid'),
      text(
        { x: PANEL.left - 6, y: y(ms) + 4, size: 11, anchor: 'end', kind: 'faint' },
        `${ms >= 1 ? whole(ms) : decimal(ms, -low)} ms`,
      ),
    ]),
    ...SHARES.map(share =>
      text({ x: x(share), y: PANEL.height - 14, size: 11, anchor: 'middle', kind: 'faint' }, `p${number(share * 100)}`),
    ),
    ...ways.map(({ name, curve }) =>
      element('polyline', {
        points: curve.map(([share, ms]) => `${number(x(share))},${number(y(ms))}`).join(' '),
        ...{ class: `${colour(name)}-line`, fill: 'none', 'stroke-width': 2.2, 'stroke-linejoin': 'round' },
      }),
    ),
  ];
}
