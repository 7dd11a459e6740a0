import { view } from '../command.js';
import { EXIT } from '../exit.js';
import { count, duration, figure, listed, plain, several } from '../format.js';
import { page, Terminal } from '../terminal.js';
import { Column } from '../table.js';

interface Deed {
  at: string;
  by: string;
  action: string;
  target: string;
  why: string;
}

interface Trouble {
  since: string;
  severity: 'moderate' | 'critical';
  source: string;
  of: string;
  message: string;
  suggested_action: string;
  count: number;
  affected: { sessions: number; clients: string[] };
  done: Deed[];
}

interface Held {
  lever: string;
  target: string;
  value: unknown;
  by: string;
  why: string;
  since: string;
  until: string | null;
}

interface Status {
  well: boolean;
  version: string;
  uptime_ms: number;
  node: { draining: boolean; stopping: boolean };
  mode: { mode: string; why: string | null; since: string | null };
  troubles: Trouble[];
  degraded: { unit: string; reasons: string[] }[];
  /** Figures out of what was learned of them. */
  unusual?: { since: string; metric: string; of: string; value: number; expected: number }[];
  held: Held[];
  patterns: { client: string; pattern: string; evidence: Record<string, unknown> }[];
  recent: Deed[];
}

export const status = view<Status>({
  syntax: 'status',
  about: 'What is wrong, since when, for whom, and what was done about it',
  path: () => '/mcp/admin/status',
  code: ({ well }) => (well ? EXIT.ok : EXIT.unwell),
  show: (status, paper) =>
    page(
      headline(status, paper),
      ...status.troubles.map(each => trouble(each, paper)),
      titled('Units that are not whole', status.degraded, paper, [
        { head: 'UNIT', of: ({ unit }) => unit, least: 12 },
        { head: 'WHY', of: ({ reasons }) => reasons.join('; '), least: 30 },
      ]),
      titled('Out of the ordinary', status.unusual ?? [], paper, [
        { head: 'WHAT', of: ({ metric }) => metric },
        { head: 'OF', of: ({ of }) => of || 'gateway', least: 16 },
        { head: 'IS', of: ({ value }) => figure(value), right: true },
        { head: 'EXPECTED', of: ({ expected }) => figure(expected), right: true },
        { head: 'SINCE', of: ({ since }) => paper.time(since) },
      ]),
      titled('Held by levers', status.held, paper, heldColumns(paper)),
      titled('Clients out of the ordinary', status.patterns, paper, [
        { head: 'CLIENT', of: ({ client }) => client, least: 16 },
        { head: 'PATTERN', of: ({ pattern }) => pattern },
        { head: 'EVIDENCE', of: ({ evidence }) => listed(evidence), least: 20 },
      ]),
      titled('Done lately', status.recent, paper, deedColumns(paper)),
    ),
});

function headline({ well, mode, node, version, uptime_ms, troubles }: Status, paper: Terminal): string {
  const verdict = well ? paper.good('well') : paper.bad('not well');
  const parts = [troubles.length === 0 ? 'no troubles' : several(troubles.length, 'trouble')];
  if (node.stopping) parts.push('it is stopping');
  else if (node.draining) parts.push('it is draining');
  const first = `${paper.bold(verdict)}: ${parts.join(', ')}; version ${version}, up ${duration(uptime_ms)}`;
  if (mode.mode === 'normal') return first;
  const since = mode.since === null ? '' : ` since ${paper.time(mode.since)}`;
  return `${first}\n${paper.odd(`mode ${mode.mode}`)}${since}${mode.why === null ? '' : `: ${mode.why}`}`;
}

function trouble(trouble: Trouble, paper: Terminal): string {
  const { severity, source, of, since, message, count: times, affected, suggested_action, done } = trouble;
  const named = `${severity}: ${source}${of === '' ? '' : ` ${of}`}`;
  const head = severity === 'critical' ? paper.bad(named) : paper.odd(named);
  const { sessions, clients } = affected;
  const whom = `${several(sessions, 'session')}${clients.length === 0 ? '' : `: ${clients.join(', ')}`}`;
  const rest = sessions > clients.length && clients.length > 0 ? ', …' : '';
  const facts = paper.facts({
    '  what': message,
    '  since': `${paper.time(since)}, ${paper.ago(since)} ago, felt ${several(times, 'time')}`,
    '  for': sessions === 0 ? 'nobody at the moment' : whom + rest,
    '  done': done.map(deed => deedLine(deed, paper)).join('; ') || 'nothing yet',
    '  try': suggested_action,
  });
  return `${head}\n${facts}`;
}

function deedLine({ at, by, action, target, why }: Deed, paper: Terminal): string {
  return `${paper.time(at)} ${by} ${action}${target === '' ? '' : ` ${target}`} (${why})`;
}

function titled<Row>(title: string, rows: readonly Row[], paper: Terminal, columns: Column<Row>[]): string | undefined {
  return rows.length === 0 ? undefined : paper.section(`${title} (${count(rows.length)})`, paper.table(rows, columns));
}

export function heldColumns(paper: Terminal): Column<Held>[] {
  return [
    { head: 'LEVER', of: ({ lever }) => lever },
    { head: 'TARGET', of: ({ target }) => target || 'gateway', least: 16 },
    { head: 'VALUE', of: ({ value }) => plain(value) },
    { head: 'BY', of: ({ by }) => by },
    { head: 'SINCE', of: ({ since }) => paper.time(since) },
    { head: 'UNTIL', of: ({ until }) => (until === null ? 'released' : paper.time(until)) },
    { head: 'WHY', of: ({ why }) => why, least: 20 },
  ];
}

export function deedColumns(paper: Terminal): Column<Deed>[] {
  return [
    { head: 'AT', of: ({ at }) => paper.time(at) },
    { head: 'BY', of: ({ by }) => by },
    { head: 'WHAT', of: ({ action }) => action, least: 16 },
    { head: 'TARGET', of: ({ target }) => target || 'gateway', least: 16 },
    { head: 'WHY', of: ({ why }) => why, least: 24 },
  ];
}
