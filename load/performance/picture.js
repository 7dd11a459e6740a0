/** What all charts of the page share: colours that can be read on light and on dark, a head, and a frame. */
import { element, escape } from '../lib/tables/svg.js';

const LIGHT = {
  ...{ back: '#ffffff', text: '#222222', faint: '#666666', grid: '#dddddd' },
  ...{ viable: '#1661a8', viable2: '#1c9a8f', base: '#8a8a8a', peer: '#d1670f', peer2: '#8a4fb0' },
};
const DARK = {
  ...{ back: '#0d1117', text: '#e6edf3', faint: '#9aa4af', grid: '#30363d' },
  ...{ viable: '#58a6ff', viable2: '#3fc7b8', base: '#8b949e', peer: '#f0883e', peer2: '#c297e8' },
};
const CURVES = ['viable', 'viable2', 'base', 'peer', 'peer2'];

function rules(colours) {
  const texts = `.text{fill:${colours.text}}.faint{fill:${colours.faint}}.back{fill:${colours.back}}.grid{stroke:${colours.grid}}`;
  const ways = CURVES.map(name => `.${name}{fill:${colours[name]}}.${name}-line{stroke:${colours[name]}}`);
  return texts + ways.join('') + `.mark{stroke:${colours.text}}`;
}

export const WIDTH = 880;
export const HEAD = 58;

/** @param given `x`, `y`, and `kind`, `size`, `anchor`, `weight` where they are not as usual */
export const text = ({ x, y, kind = 'text', size = 12, anchor = 'start', weight = 400 }, what) =>
  element('text', { x, y, class: kind, 'font-size': size, 'text-anchor': anchor, 'font-weight': weight }, escape(what));

export const line = (x1, y1, x2, y2, kind, more = {}) => element('line', { x1, y1, x2, y2, class: kind, ...more });

/** @param height of everything, the head included */
export function picture({ title, subtitle, height }, parts) {
  const frame = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...{ width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` },
    ...{ 'font-family': 'system-ui, sans-serif', role: 'img', 'aria-label': title },
  };
  const content = [
    element('style', {}, `${rules(LIGHT)}@media (prefers-color-scheme:dark){${rules(DARK)}}`),
    element('rect', { width: WIDTH, height, class: 'back' }),
    text({ x: 16, y: 24, size: 16, weight: 600 }, title),
    text({ x: 16, y: 43, size: 11, kind: 'faint' }, subtitle),
    ...parts,
  ];
  return `${element('svg', frame, `\n${content.join('\n')}\n`)}\n`;
}

/** Of a way, by its name: ours, what there is without us, and peers. */
export function colour(name) {
  if (/^(viable|gateway|post)/i.test(name)) return /websocket|sse|post|event stream/.test(name) ? 'viable2' : 'viable';
  if (/^(direct|bare|nothing)/.test(name)) return 'base';
  return name.startsWith('mcp-proxy') ? 'peer2' : 'peer';
}
