import { named, view, withQuery } from '../command.js';
import { count, figure, percent, several } from '../format.js';
import { page, Terminal } from '../terminal.js';

interface RingUnit {
  unit: string;
  balance: string;
  nodes: { id: string; weight: number; vnode_count: number; key_count: number; out: boolean }[];
  total_keys: number;
  distribution_variance: number;
}

export const ring = view<{ units: RingUnit[] }, { unit?: string }>({
  syntax: 'ring [unit]',
  about: 'How sessions are shared between the instances of units',
  arguments: { unit: named('This unit only', 'units') },
  path: ({ unit }) => withQuery('/mcp/admin/ring', { unit }),
  show: ({ units }, paper) => page(...units.map(unit => shares(unit, paper))),
});

function shares({ unit, balance, nodes, total_keys, distribution_variance }: RingUnit, paper: Terminal): string {
  const about = `${unit}: ${balance}, ${several(total_keys, 'key')}, variance ${figure(distribution_variance)}`;
  return paper.section(
    about,
    paper.table(nodes, [
      { head: 'INSTANCE', of: ({ id }) => id, least: 20 },
      { head: 'WEIGHT', of: ({ weight }) => figure(weight), right: true },
      { head: 'POINTS', of: ({ vnode_count }) => count(vnode_count), right: true },
      { head: 'KEYS', of: ({ key_count }) => count(key_count), right: true },
      { head: 'SHARE', of: ({ key_count }) => percent(total_keys === 0 ? null : key_count / total_keys), right: true },
      {
        head: 'STATE',
        of: ({ out }) => (out ? 'out' : 'in'),
        paint: text => (text === 'in' ? paper.good(text) : paper.bad(text)),
      },
    ]),
  );
}
