import { z } from 'zod';
import { Counts } from '../../../telemetry/counters.js';
import { ClientSession } from '../../../kernel/ports/client-directory.js';
import { TransportName } from '../../../kernel/ports/connection.js';
import { PoolVitals } from '../../../kernel/ports/vitals.js';
import { SeenPattern } from '../../latest-facts.js';
import { clientIdOf, count, round } from './words.js';

const HOUR = 3_600_000;
/** Upper bounds of the ages that are told apart, in hours. */
const AGES = { '0-1h': 1, '1-6h': 6, '6-24h': 24, '24h+': Infinity } as const;
/** Patterns that are about connections. */
const SUSPICIOUS = ['rapid_reconnect', 'connection_hoarding'] as const;

export const connectionStats = z.object({
  total: count,
  by_transport: z.object({ websocket: count, http_sse: count, streamable_http: count }),
  pool_available: count.describe('Leases that could be had now, without overflow.'),
  pool_overflow: count.describe('Leases in use beyond the size of their pools.'),
  avg_connection_age: z.number().describe('Seconds since the session began, of sessions that are connected.'),
  error_rate: z.number().nullable().describe('0 … 1, of the newest report; null before the first.'),
});

export const oldConnections = z.object({
  connections: z.array(
    z.object({ client_id: z.string(), session: z.string(), age_hours: z.number(), transport: z.string() }),
  ),
});

export const connectionAnalysis = z.object({
  connection_distribution: z.object({ '0-1h': count, '1-6h': count, '6-24h': count, '24h+': count }),
  suspicious_patterns: z.array(z.object({ pattern: z.string(), client_ids: z.array(z.string()) })),
});

/** What has a connection, or is a session over HTTP that needs none. */
function* connected(sessions: Iterable<ClientSession>): Generator<ClientSession> {
  for (const session of sessions) if (session.connections > 0 || session.kind === 'mcp') yield session;
}

/** @param now milliseconds since the epoch */
export function statsOf(
  connections: Counts<TransportName>,
  sessions: Iterable<ClientSession>,
  pools: readonly PoolVitals[],
  errorRate: number | undefined,
  now: number,
): z.output<typeof connectionStats> {
  const by_transport = {
    websocket: connections.get('websocket'),
    http_sse: connections.get('http_sse'),
    streamable_http: connections.get('streamable_http'),
  };
  let [age, number] = [0, 0];
  for (const { since } of connected(sessions)) {
    age += now - since;
    number++;
  }
  const sum = (of: (pool: PoolVitals) => number): number => pools.reduce((all, pool) => all + Math.max(0, of(pool)), 0);
  return {
    total: by_transport.websocket + by_transport.http_sse + by_transport.streamable_http,
    by_transport,
    pool_available: sum(({ size, inUse }) => size - inUse),
    pool_overflow: sum(({ size, inUse }) => inUse - size),
    avg_connection_age: number === 0 ? 0 : Math.round(age / number / 1_000),
    error_rate: errorRate ?? null,
  };
}

/** Those whose session is older than so many hours, the oldest first. */
export function olderThan(
  hours: number,
  sessions: Iterable<ClientSession>,
  most: number,
  now: number,
): z.output<typeof oldConnections> {
  const old = [...connected(sessions)].filter(({ since }) => now - since > hours * HOUR);
  old.sort((a, b) => a.since - b.since);
  return {
    connections: old.slice(0, most).map(({ id, session, since, transport }) => ({
      client_id: id,
      session,
      age_hours: round((now - since) / HOUR, 1),
      transport,
    })),
  };
}

export function analysisOf(
  sessions: Iterable<ClientSession>,
  patterns: readonly SeenPattern[],
  now: number,
): z.output<typeof connectionAnalysis> {
  const connection_distribution = { '0-1h': 0, '1-6h': 0, '6-24h': 0, '24h+': 0 };
  const names = Object.keys(AGES) as (keyof typeof AGES)[];
  for (const { since } of connected(sessions))
    connection_distribution[names.find(name => now - since < AGES[name] * HOUR)!]++;
  const suspicious_patterns = SUSPICIOUS.map(pattern => ({
    pattern,
    client_ids: patterns.filter(each => each.pattern === pattern).map(({ client }) => clientIdOf(client)),
  }));
  return {
    connection_distribution,
    suspicious_patterns: suspicious_patterns.filter(({ client_ids }) => client_ids.length > 0),
  };
}
