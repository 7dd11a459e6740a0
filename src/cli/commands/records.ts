import { MOST, view, withQuery } from '../command.js';
import { duration, listed } from '../format.js';
import { page, Terminal } from '../terminal.js';
import { Column } from '../table.js';

interface Signal {
  signal_type: 'pain' | 'pleasure';
  severity: string;
  source: string;
  of: string;
  message: string;
  timestamp: string;
  count?: number;
  recovery_time_ms?: number;
}

interface Decision {
  /** Milliseconds since the epoch. */
  at: number;
  by: string;
  action: string;
  target: string;
  why: string;
  details?: { who?: { name?: string; address: string } } & Record<string, unknown>;
}

export const signals = view<{ open: Signal[]; recent: Signal[] }, { most: number }>({
  syntax: 'signals',
  about: 'Pains that are open, and what was felt lately',
  options: { most: MOST },
  path: ({ most }) => withQuery('/mcp/admin/signals', { most }),
  show: ({ open, recent }, paper) =>
    page(
      paper.section('Open', paper.table(open, columns(paper), 'Nothing hurts.')),
      paper.section('Lately', paper.table(recent, columns(paper), 'Nothing was felt.')),
    ),
});

export const trail = view<{ decisions: Decision[] }, { most: number }>({
  syntax: 'trail',
  about: 'What was decided, by whom and why; the newest first',
  options: { most: MOST },
  path: ({ most }) => withQuery('/mcp/admin/trail', { most }),
  show: ({ decisions }, paper) =>
    paper.table(
      decisions,
      [
        { head: 'AT', of: ({ at }) => paper.time(at) },
        { head: 'BY', of: byWhom, least: 8 },
        { head: 'WHAT', of: ({ action }) => action, least: 16 },
        { head: 'TARGET', of: ({ target }) => target || 'gateway', least: 14 },
        { head: 'WHY', of: ({ why }) => why, least: 24 },
        { head: 'DETAILS', of: ({ details: { who: _who, ...rest } = {} }) => listed(rest), least: 12 },
      ],
      'Nothing was decided.',
    ),
});

function byWhom({ by, details }: Decision): string {
  const { name, address } = details?.who ?? {};
  return [by, name ?? address].filter(Boolean).join(' ');
}

function columns(paper: Terminal): Column<Signal>[] {
  return [
    { head: 'AT', of: ({ timestamp }) => paper.time(timestamp) },
    {
      head: 'WHAT',
      of: ({ signal_type, severity }) => (signal_type === 'pain' ? severity : 'over'),
      paint: text => (text === 'over' ? paper.good(text) : text === 'critical' ? paper.bad(text) : paper.odd(text)),
    },
    { head: 'SOURCE', of: ({ source, of }) => `${source}${of === '' ? '' : ` ${of}`}`, least: 16 },
    { head: 'TIMES', of: ({ count }) => String(count ?? ''), right: true },
    { head: 'LASTED', of: ({ recovery_time_ms: ms }) => (ms === undefined ? '' : duration(ms)), right: true },
    { head: 'MESSAGE', of: ({ message }) => message, least: 30 },
  ];
}
