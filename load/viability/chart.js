/** The report as a picture: goodput over time of each scenario, with regulation and without, the disturbance shaded. */
import { escape, number } from '../lib/tables/svg.js';

const PANEL = { width: 440, height: 204, left: 46, right: 14, top: 50, bottom: 30 };
const COLUMNS = 2;
const HEAD = 64;
const COLORS = { off: '#d1670f', on: '#1661a8', shade: '#fbe9e7', grid: '#dddddd', text: '#222222', faint: '#666666' };
/** Percent of the calm goodput that fits in. */
const TOP = 120;

const text = (x, y, what, { size = 12, anchor = 'start', color = COLORS.text, weight = 400 } = {}) =>
  `<text x="${number(x)}" y="${number(y)}" font-size="${size}" text-anchor="${anchor}" fill="${color}" ` +
  `font-weight="${weight}">${escape(what)}</text>`;
const line = (x1, y1, x2, y2, color, more = '') =>
  `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" stroke="${color}"${more}/>`;

/**
 * @param panels `{ name, title, from, to, on, off }` each: `on` and `off` hold percent of the calm goodput for each second,
 *   beginning `from` seconds before the disturbance, which ends `to` seconds after it began
 * @param subtitle what it was measured on
 */
export function chart(panels, subtitle) {
  const rows = Math.ceil(panels.length / COLUMNS);
  const [width, height] = [PANEL.width * COLUMNS, HEAD + PANEL.height * rows];
  const body = panels.map((one, i) => {
    const [x, y] = [(i % COLUMNS) * PANEL.width, HEAD + Math.floor(i / COLUMNS) * PANEL.height];
    return `<g transform="translate(${x} ${y})">\n${panel(one).join('\n')}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      'font-family="system-ui, sans-serif" role="img" aria-label="Goodput over time, with regulation and without">',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(PANEL.left, 24, 'Goodput of well-behaved clients, in % of what it was before', { size: 16, weight: 600 }),
    text(PANEL.left, 42, subtitle, { size: 11, color: COLORS.faint }),
    ...legend(width),
    ...body,
    '</svg>\n',
  ].join('\n');
}

function legend(width) {
  const entry = (x, color, what, dash) => [
    line(x, 56, x + 24, 56, color, ` stroke-width="2.5"${dash}`),
    text(x + 30, 60, what),
  ];
  return [
    ...entry(PANEL.left, COLORS.on, 'regulation on', ''),
    ...entry(PANEL.left + 140, COLORS.off, 'regulation off', DASH),
    `<rect x="${PANEL.left + 285}" y="49" width="24" height="13" fill="${COLORS.shade}"/>`,
    text(PANEL.left + 315, 60, 'disturbance'),
    text(width - PANEL.right, 60, 'seconds from when it began', { anchor: 'end', color: COLORS.faint, size: 11 }),
  ];
}

const DASH = ' stroke-dasharray="5 3"';

function panel({ name, title, from, to, on, off }) {
  const seconds = Math.max(on.length, off.length);
  const inner = { width: PANEL.width - PANEL.left - PANEL.right, height: PANEL.height - PANEL.top - PANEL.bottom };
  const x = second => PANEL.left + ((second + from) / seconds) * inner.width;
  const y = percent => PANEL.top + (1 - Math.min(percent, TOP) / TOP) * inner.height;
  const points = values => values.map((value, i) => `${number(x(i - from + 0.5))},${number(y(value))}`).join(' ');
  const curve = (values, color, more = '') =>
    `<polyline points="${points(values)}" fill="none" stroke="${color}" stroke-width="2.2" stroke-linejoin="round"${more}/>`;
  const every = seconds > 50 ? 20 : 10;
  const ticks = [];
  for (let at = 0; at <= seconds - from; at += every) ticks.push(at);
  return [
    `<rect x="${number(x(0))}" y="${PANEL.top}" width="${number(x(to) - x(0))}" height="${inner.height}" fill="${COLORS.shade}"/>`,
    text(PANEL.left, PANEL.top - 24, name, { size: 12.5, weight: 600 }),
    text(PANEL.left, PANEL.top - 9, title, { size: 11 }),
    ...[0, 50, 100].flatMap(percent => [
      line(PANEL.left, y(percent), PANEL.width - PANEL.right, y(percent), COLORS.grid),
      text(PANEL.left - 6, y(percent) + 4, `${percent} %`, { size: 11, anchor: 'end', color: COLORS.faint }),
    ]),
    ...ticks.map(at =>
      text(x(at), PANEL.height - PANEL.bottom + 16, String(at), { size: 11, anchor: 'middle', color: COLORS.faint }),
    ),
    curve(off, COLORS.off, DASH),
    curve(on, COLORS.on),
  ];
}
