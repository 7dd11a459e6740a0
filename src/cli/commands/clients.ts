import { MOST, view, withQuery } from '../command.js';
import { count, duration, latency } from '../format.js';
import { page } from '../terminal.js';

interface Client {
  client_id: string;
  principal: string;
  transport: string | null;
  sessions: number;
  connections: number;
  /** Seconds. */
  connection_age: number;
  last_activity: string;
  messages_received: number | null;
  messages_sent: number | null;
  refused: number;
  queued: number;
  lag_ms: number;
  patterns: string[];
  levers: string[];
}

const SORTS = ['recent', 'messages', 'refused', 'queued', 'age', 'lag'] as const;

export const clients = view<{ total: number; clients: Client[] }, { sort: string; most: number }>({
  syntax: 'clients',
  about: 'Who is there, and what each of them does',
  options: { sort: { choices: SORTS, default: 'recent', describe: 'What comes first' }, most: MOST },
  path: ({ sort, most }) => withQuery('/mcp/admin/clients', { sort, most }),
  show: ({ total, clients }, paper) =>
    page(
      paper.table(
        clients,
        [
          { head: 'CLIENT', of: ({ client_id }) => client_id, least: 18 },
          { head: 'PRINCIPAL', of: ({ principal }) => principal, least: 8 },
          { head: 'BY', of: ({ transport }) => transport ?? '–', least: 9 },
          { head: 'CONN', of: ({ connections }) => count(connections), right: true },
          { head: 'AGE', of: ({ connection_age: s }) => duration(s * 1_000), right: true },
          { head: 'ACTIVE', of: ({ last_activity }) => paper.ago(last_activity), right: true },
          { head: 'FROM IT', of: each => count(each.messages_received), right: true },
          { head: 'TO IT', of: each => count(each.messages_sent), right: true },
          { head: 'REFUSED', of: ({ refused }) => count(refused), right: true },
          { head: 'QUEUED', of: ({ queued }) => count(queued), right: true },
          { head: 'LAG', of: ({ lag_ms }) => latency(lag_ms), right: true },
          {
            head: 'NOTES',
            of: ({ patterns, levers }) => [...patterns, ...levers].join(', '),
            least: 8,
            paint: text => paper.odd(text),
          },
        ],
        'No client has a session here.',
      ),
      clients.length < total
        ? paper.dim(`${count(clients.length)} of ${count(total)} clients; more with --most`)
        : paper.dim(`${count(total)} in all`),
    ),
});
