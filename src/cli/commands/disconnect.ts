import { change, named, ofClient } from '../command.js';
import { several } from '../format.js';

export const disconnect = change<
  { client_id: string; connections: number; sessions: number },
  { id: string; endSessions: boolean }
>({
  syntax: 'disconnect <id>',
  about: 'Close the connections of a client; it may come back',
  arguments: { id: named('Its client_id, or its key', 'clients') },
  options: {
    'end-sessions': { type: 'boolean', default: false, describe: 'End its sessions too: what is owed to it is lost' },
  },
  ask: ({ id, endSessions }) => ({
    method: 'POST',
    path: ofClient(id, 'disconnect'),
    body: { end_sessions: endSessions },
  }),
  tell: ({ client_id, connections, sessions }, paper) =>
    `${paper.bold(client_id)}: ${several(connections, 'connection')} closed, ${several(sessions, 'session')} ended.`,
});
