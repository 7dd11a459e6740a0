import { z } from 'zod';
import { ClientActivities } from '../../../telemetry/client-activity.js';
import { ClientSession } from '../../../kernel/ports/client-directory.js';
import { count, iso, time } from './words.js';

export const SORTS = ['recent', 'messages', 'refused', 'queued', 'age', 'lag'] as const;

export const clientRow = z.object({
  client_id: z.string(),
  key: z.string().describe('By what limits and levers know it.'),
  principal: z.string(),
  transport: z.string().describe('Of its newest session.'),
  connected: z.boolean(),
  sessions: count,
  connections: count,
  connection_age: count.describe('Seconds since its oldest session began.'),
  last_activity: time,
  messages_received: count.describe('From the client, those refused counted.'),
  messages_sent: count,
  refused: count,
  switches: count,
  queued: count,
  in_window: count,
  lag_ms: z.number(),
  patterns: z.array(z.string()),
  levers: z.array(z.string()),
});
export type ClientRow = z.output<typeof clientRow>;

export const clientList = z.object({ total: count, clients: z.array(clientRow) });

/** What is known of clients besides their sessions, by key. */
export interface ClientFacts {
  activity: Pick<ClientActivities, 'find'>;
  lagOf(key: string): number;
  patternsOf(key: string): readonly { pattern: string }[];
  leversOf(key: string): readonly { lever: string }[];
}

/** One row for each client. @param now milliseconds since the epoch */
export function rowsOf(sessions: Iterable<ClientSession>, facts: ClientFacts, now: number): ClientRow[] {
  const byKey = new Map<string, ClientSession[]>();
  for (const session of sessions) {
    const known = byKey.get(session.client);
    if (known) known.push(session);
    else byKey.set(session.client, [session]);
  }
  return [...byKey].map(([key, own]) => rowOf(key, own, facts, now));
}

function rowOf(key: string, sessions: readonly ClientSession[], facts: ClientFacts, now: number): ClientRow {
  const sum = (of: 'connections' | 'queued' | 'inWindow'): number => sessions.reduce((all, each) => all + each[of], 0);
  const newest = sessions.reduce((a, b) => (b.lastActiveAt > a.lastActiveAt ? b : a));
  const { messages = 0, sent = 0, refused = 0, switches = 0 } = facts.activity.find(key) ?? {};
  return {
    client_id: newest.id,
    key,
    principal: newest.principal,
    transport: newest.transport,
    connected: sessions.some(
      ({ connections, kind, state }) => connections > 0 || (kind === 'mcp' && state === 'active'),
    ),
    sessions: sessions.length,
    connections: sum('connections'),
    connection_age: Math.max(0, Math.round((now - Math.min(...sessions.map(({ since }) => since))) / 1_000)),
    last_activity: iso(newest.lastActiveAt),
    messages_received: messages,
    messages_sent: sent,
    refused,
    switches,
    queued: sum('queued'),
    in_window: sum('inWindow'),
    lag_ms: facts.lagOf(key),
    patterns: facts.patternsOf(key).map(({ pattern }) => pattern),
    levers: facts.leversOf(key).map(({ lever }) => lever),
  };
}

const ORDER: Record<(typeof SORTS)[number], (row: ClientRow) => number> = {
  recent: row => Date.parse(row.last_activity),
  messages: row => row.messages_received + row.messages_sent,
  refused: row => row.refused,
  queued: row => row.queued + row.in_window,
  age: row => row.connection_age,
  lag: row => row.lag_ms,
};

/** Those that have most of it first. */
export function sorted(rows: ClientRow[], by: (typeof SORTS)[number], most: number): z.output<typeof clientList> {
  const measure = ORDER[by];
  return { total: rows.length, clients: rows.sort((a, b) => measure(b) - measure(a)).slice(0, most) };
}
