import { named, ofClient, view } from '../command.js';
import { count, duration, latency, listed, plain } from '../format.js';
import { page, Terminal } from '../terminal.js';

interface Session {
  session: string;
  kind: string;
  client: string;
  principal: string;
  state: string;
  transport: string;
  connections: number;
  since: number;
  lastActiveAt: number;
  queued: number;
  inWindow: number;
  lagMs: number;
}

interface Health {
  client_id?: string;
  client?: string;
  connected?: boolean;
  transport?: string | null;
  /** Seconds. */
  connection_age?: number;
  messages_received?: number | null;
  messages_sent?: number | null;
  last_activity?: string;
  sessions: Session[];
  activity: { messages: number; refused: number; connects: number; switches: number }[];
  levers: { lever: string; value: unknown; by: string; why: string; until: number | null; effective: boolean }[];
  patterns: { pattern: string; evidence: Record<string, unknown> }[];
}

export const client = view<Health, { id: string }>({
  syntax: 'client <id>',
  about: 'All there is to say of one client',
  arguments: { id: named('Its client_id, or its key', 'clients') },
  path: ({ id }) => ofClient(id),
  show: (health, paper) =>
    page(summary(health, paper), sessions(health, paper), levers(health, paper), patterns(health, paper)),
});

function summary(health: Health, paper: Terminal): string {
  const { client_id, client, connected, transport, connection_age, last_activity, activity } = health;
  const total = (of: (each: Health['activity'][number]) => number): number =>
    activity.reduce((sum, each) => sum + of(each), 0);
  return paper.facts({
    client: paper.bold(client_id ?? client ?? '–'),
    connected:
      connected === undefined
        ? undefined
        : connected
          ? `by ${transport}, for ${duration((connection_age ?? 0) * 1_000)}`
          : paper.odd('no'),
    active: last_activity && `${paper.time(last_activity)}, ${paper.ago(last_activity)} ago`,
    messages:
      health.messages_received === undefined
        ? undefined
        : `${count(health.messages_received)} from it, ${count(health.messages_sent)} to it`,
    counted: `${count(total(each => each.messages))} messages, ${count(total(each => each.refused))} refused, ${count(total(each => each.connects))} connects, ${count(total(each => each.switches))} changes of transport`,
  });
}

function sessions({ sessions }: Health, paper: Terminal): string {
  return paper.table(sessions, [
    { head: 'SESSION', of: ({ session }) => session },
    { head: 'KIND', of: ({ kind }) => kind },
    {
      head: 'STATE',
      of: ({ state }) => state,
      paint: text => (text === 'active' ? paper.good(text) : paper.odd(text)),
    },
    { head: 'BY', of: ({ transport }) => transport },
    { head: 'PRINCIPAL', of: ({ principal }) => principal, least: 10 },
    { head: 'KEY', of: ({ client }) => client, least: 12 },
    { head: 'SINCE', of: ({ since }) => paper.time(since) },
    { head: 'QUEUED', of: ({ queued }) => count(queued), right: true },
    { head: 'IN WINDOW', of: ({ inWindow }) => count(inWindow), right: true },
    { head: 'LAG', of: ({ lagMs }) => latency(lagMs), right: true },
  ]);
}

function levers({ levers }: Health, paper: Terminal): string | undefined {
  if (levers.length === 0) return undefined;
  return paper.table(levers, [
    { head: 'LEVER', of: ({ lever }) => lever },
    { head: 'VALUE', of: ({ value }) => plain(value) },
    { head: 'BY', of: ({ by, effective }) => `${by}${effective ? '' : ', overruled'}` },
    { head: 'UNTIL', of: ({ until }) => (until === null ? 'released' : paper.time(until)) },
    { head: 'WHY', of: ({ why }) => why, least: 20 },
  ]);
}

function patterns({ patterns }: Health, paper: Terminal): string | undefined {
  if (patterns.length === 0) return undefined;
  return paper.table(patterns, [
    { head: 'PATTERN', of: ({ pattern }) => pattern },
    { head: 'EVIDENCE', of: ({ evidence }) => listed(evidence), least: 20 },
  ]);
}
