/** Bars with their range, in panels one below the other. */
import { whole, decimal } from '../lib/tables/markdown.js';
import { element } from '../lib/tables/svg.js';
import { colour, HEAD, line, picture, text, WIDTH } from './picture.js';

const LEFT = 280;
const RIGHT = 180;
const ROW = 24;
const BAR = 14;
const PANEL = { top: 30, bottom: 14 };

const heightOf = ({ rows }) => PANEL.top + rows.length * ROW + PANEL.bottom;
const say = value => (value >= 100 ? whole(value) : decimal(value, value >= 10 ? 1 : 2));

/** @param panels `{ title, rows }`; rows `{ name, title, value: { median, min, max } }`, without `value` where there is none */
export function bars(title, subtitle, panels) {
  let y = HEAD;
  const parts = [];
  for (const panel of panels) {
    parts.push(...drawn(panel, y));
    y += heightOf(panel);
  }
  return picture({ title, subtitle, height: y }, parts);
}

function drawn({ title, rows }, top) {
  const most = Math.max(...rows.map(({ value }) => value?.max ?? 0), Number.MIN_VALUE);
  const x = value => LEFT + (Math.max(0, value) / most) * (WIDTH - LEFT - RIGHT);
  return [
    text({ x: 16, y: top + 18, size: 12.5, weight: 600 }, title),
    line(LEFT, top + PANEL.top - 4, LEFT, top + PANEL.top + rows.length * ROW, 'grid'),
    ...rows.flatMap((row, i) => bar(row, top + PANEL.top + i * ROW, x)),
  ];
}

function bar({ name, title, value }, y, x) {
  const middle = y + BAR / 2;
  const label = text({ x: LEFT - 8, y: middle + 4, anchor: 'end' }, title.replaceAll('`', ''));
  if (value === undefined)
    return [label, text({ x: LEFT + 6, y: middle + 4, kind: 'faint', size: 11 }, 'not measured')];
  const { median, min, max } = value;
  const range = min === max ? '' : ` (${say(min)}–${say(max)})`;
  return [
    label,
    element('rect', { x: LEFT, y, width: Math.max(1, x(median) - LEFT), height: BAR, class: colour(name) }),
    line(x(min), middle, x(max), middle, 'mark', { 'stroke-width': 1.5 }),
    text({ x: x(max) + 6, y: middle + 4, size: 11, kind: 'faint' }, say(median) + range),
  ];
}
