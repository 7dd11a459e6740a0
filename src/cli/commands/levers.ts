import { Argument, change, named, view } from '../command.js';
import { listed, plain } from '../format.js';
import { page, Terminal } from '../terminal.js';

export interface Setting {
  lever: string;
  target: string;
  value: unknown;
  by: string;
  why: string;
  /** Milliseconds since the epoch. */
  since: number;
  until: number | null;
  effective: boolean;
}

interface Levers {
  settings: Setting[];
  bounds: Record<string, { min?: number; max?: number }>;
  owners: Record<string, string>;
}

const PATH = '/mcp/admin/levers';

/** About the whole gateway, whose target has no name. */
const OF_ALL = ['mode', 'priority_floor', 'handshakes'];
const NAMES = [
  'rate_limit',
  'held',
  'concurrency',
  'fair_share',
  'suppressed',
  'drained',
  'circuit',
  'pool_size',
  'connections',
  'unsteady',
];

const LEVER: Argument = { type: 'string', describe: 'Which lever', choices: [...OF_ALL, ...NAMES] };
const TARGET = named(
  "A unit, an instance, a transport or a client's key; `gateway` for levers of all of it",
  'targets',
);

interface Given {
  lever: string;
  target: string;
  value: string;
}

const set = change<{ setting: Setting | null }, Given>({
  syntax: 'set <lever> <target> <value>',
  about: 'Set a lever, above what the regulators say',
  arguments: { lever: LEVER, target: TARGET, value: { type: 'string', describe: 'A number, true, or a word' } },
  passing: true,
  ask: given => ({ method: 'POST', path: PATH, body: { ...aimed(given), value: valueOf(given.value) } }),
  tell: ({ setting }, paper, { lever }) => (setting === null ? `${lever} is set.` : told(setting, paper)),
});

const release = change<{ released: boolean }, Given>({
  syntax: 'release <lever> <target>',
  about: 'Leave a lever to the regulators',
  arguments: { lever: LEVER, target: TARGET },
  ask: given => ({ method: 'DELETE', path: PATH, body: aimed(given) }),
  tell: ({ released }, paper, { lever }) =>
    released ? `${paper.bold(lever)} is left to the regulators.` : `Nobody had set ${paper.bold(lever)} there.`,
});

export const levers = view<Levers>({
  syntax: 'levers',
  about: 'Every lever that is set, by whom and why; set and release move them',
  below: [set, release],
  path: () => PATH,
  show: ({ settings, bounds }, paper) =>
    page(
      paper.table(
        settings,
        [
          { head: 'LEVER', of: ({ lever }) => lever },
          { head: 'TARGET', of: ({ target }) => target || 'gateway', least: 16 },
          { head: 'VALUE', of: ({ value }) => plain(value) },
          { head: 'BY', of: ({ by, effective }) => `${by}${effective ? '' : ', overruled'}` },
          { head: 'SINCE', of: ({ since }) => paper.time(since) },
          { head: 'UNTIL', of: ({ until }) => (until === null ? 'released' : paper.time(until)) },
          { head: 'WHY', of: ({ why }) => why, least: 20 },
        ],
        'No lever is set.',
      ),
      Object.keys(bounds).length === 0
        ? undefined
        : paper.facts(Object.fromEntries(Object.entries(bounds).map(([lever, bound]) => [lever, listed(bound)]))),
    ),
});

export function told({ lever, target, value, until }: Setting, paper: Terminal): string {
  const end = until === null ? 'until it is released' : `until ${paper.time(until)}`;
  return `${paper.bold(lever)} of ${target || 'gateway'} is ${plain(value)}, ${end}.`;
}

function aimed({ lever, target }: Given): { lever: string; target: string } {
  return { lever, target: OF_ALL.includes(lever) && target === 'gateway' ? '' : target };
}

/** `5`, `true`, or the text itself. */
function valueOf(text: string): unknown {
  if (text === 'true' || text === 'on') return true;
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
