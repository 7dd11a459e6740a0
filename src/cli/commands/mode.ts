import { change, view } from '../command.js';
import type { Terminal } from '../terminal.js';

interface Mode {
  mode: string;
  priority_floor: string | null;
  why: string | null;
  since: number | null;
}

const PATH = '/mcp/admin/mode';
const MODES = ['normal', 'degraded', 'lockdown'] as const;

function told({ mode, priority_floor, why, since }: Mode, paper: Terminal): string {
  return paper.facts({
    mode: mode === 'normal' ? paper.good(mode) : paper.odd(mode),
    since: since === null ? undefined : `${paper.time(since)}, ${paper.ago(since)} ago`,
    why: why ?? undefined,
    'messages below': priority_floor === null ? undefined : `${priority_floor} are refused`,
  });
}

const set = change<Mode, { mode: string }>({
  syntax: 'set <mode>',
  about: 'Hold a mode, whatever happens',
  arguments: {
    mode: {
      type: 'string',
      choices: MODES,
      describe: 'degraded sheds what matters least, lockdown admits operators only',
    },
  },
  passing: true,
  ask: ({ mode }) => ({ method: 'POST', path: PATH, body: { mode } }),
  tell: told,
});

const release = change<Mode>({
  syntax: 'release',
  about: 'Leave the mode to what happens',
  ask: () => ({ method: 'DELETE', path: PATH, body: {} }),
  tell: told,
});

export const mode = view<Mode>({
  syntax: 'mode',
  about: 'The mode the gateway is in; set and release hold it or let it go',
  below: [set, release],
  path: () => PATH,
  show: told,
});
