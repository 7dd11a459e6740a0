import { MOST, view, withQuery } from '../command.js';
import { count, duration, figure, percent } from '../format.js';
import { page } from '../terminal.js';

interface Connections {
  total: number;
  by_transport: Record<string, number>;
  pool_available: number;
  pool_overflow: number;
  /** Seconds. */
  avg_connection_age: number;
  /** 0 … 1 */
  error_rate: number;
}

interface Old {
  connections: { client_id: string; session: string; age_hours: number; transport: string }[];
}

interface Analysis {
  connection_distribution: Record<string, number>;
  suspicious_patterns: { pattern: string; client_ids: string[] }[];
}

const HOUR = 3_600_000;

const old = view<Old, { hours: number; most: number }>({
  syntax: 'old',
  about: 'Connections that have been there for long',
  options: { hours: { type: 'number', default: 24, describe: 'At least so many hours' }, most: MOST },
  path: ({ hours, most }) => withQuery('/mcp/admin/connections/old', { hours, most }),
  show: ({ connections }, paper, { hours }) =>
    paper.table(
      connections,
      [
        { head: 'CLIENT', of: ({ client_id }) => client_id, least: 20 },
        { head: 'SESSION', of: ({ session }) => session, least: 8 },
        { head: 'TRANSPORT', of: ({ transport }) => transport },
        { head: 'AGE', of: ({ age_hours }) => `${figure(age_hours)} h`, right: true },
      ],
      `No connection is older than ${duration(hours * HOUR)}.`,
    ),
});

const analysis = view<Analysis>({
  syntax: 'analysis',
  about: 'How old connections are, and clients that are out of the ordinary',
  path: () => '/mcp/admin/connections/analysis',
  show: ({ connection_distribution, suspicious_patterns }, paper) =>
    page(
      paper.table(Object.entries(connection_distribution), [
        { head: 'AGE', of: ([age]) => age },
        { head: 'CONNECTIONS', of: ([, n]) => count(n), right: true },
      ]),
      paper.table(
        suspicious_patterns,
        [
          { head: 'PATTERN', of: ({ pattern }) => pattern },
          { head: 'CLIENTS', of: ({ client_ids }) => client_ids.join(', '), least: 30 },
        ],
        'No client is out of the ordinary.',
      ),
    ),
});

export const connections = view<Connections>({
  syntax: 'connections',
  about: 'Connections of clients, by transport',
  below: [old, analysis],
  path: () => '/mcp/admin/connections',
  show: (now, paper) =>
    page(
      paper.table(Object.entries(now.by_transport), [
        { head: 'TRANSPORT', of: ([name]) => name },
        { head: 'CONNECTIONS', of: ([, n]) => count(n), right: true },
      ]),
      paper.facts({
        total: count(now.total),
        'mean age': duration(now.avg_connection_age * 1_000),
        'error rate': percent(now.error_rate),
        'places free': `${count(now.pool_available)}, and ${count(now.pool_overflow)} in overflow`,
      }),
    ),
});
