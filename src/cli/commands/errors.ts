import { MOST, named, ofClient, view, withQuery } from '../command.js';
import { listed } from '../format.js';

interface Errors {
  errors: { timestamp: string; error: string; transport: string | null; details: Record<string, unknown> }[];
}

const TRANSPORTS = ['websocket', 'http_sse', 'streamable_http'] as const;

export const errors = view<Errors, { id: string; transport?: string; most: number }>({
  syntax: 'errors <id>',
  about: 'What a client was refused, and what broke off for it',
  arguments: { id: named('Its client_id, or its key', 'clients') },
  options: { transport: { choices: TRANSPORTS, describe: 'By this transport only' }, most: MOST },
  path: ({ id, transport, most }) => withQuery(ofClient(id, 'errors'), { transport, most }),
  show: ({ errors }, paper) =>
    paper.table(
      errors,
      [
        { head: 'AT', of: ({ timestamp }) => paper.time(timestamp) },
        { head: 'ERROR', of: ({ error }) => error, least: 16 },
        { head: 'BY', of: ({ transport }) => transport ?? '–' },
        { head: 'DETAILS', of: ({ details }) => listed(details ?? {}), least: 24 },
      ],
      'No errors.',
    ),
});
