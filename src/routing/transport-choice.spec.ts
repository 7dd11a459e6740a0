import { PushTransport } from '../kernel/ports/connection.js';
import { chooseTransport, TransportQuestion } from './transport-choice.js';

const both: PushTransport[] = ['websocket', 'http_sse'];
const choose = (question: Partial<TransportQuestion>): string | undefined =>
  chooseTransport({
    preference: 'auto',
    limits: { websocket: 100, http_sse: 1_000 },
    health: { websocket: 'closed', http_sse: 'closed' },
    capable: both,
    ...question,
  });
const health = (
  websocket: 'closed' | 'open' | 'half_open',
  http_sse: 'closed' | 'open' | 'half_open',
): Pick<TransportQuestion, 'health'> => ({ health: { websocket, http_sse } });

describe('chooseTransport', () => {
  it.each<[string, Partial<TransportQuestion>, string | undefined]>([
    ['websocket to begin with', {}, 'websocket'],
    ['what the client can use', { capable: ['http_sse'], preference: 'websocket' }, 'http_sse'],
    ['nothing for a client that can use nothing', { capable: [] }, undefined],
    ['what it has', { current: 'http_sse' }, 'http_sse'],
    ['what it prefers over what it has', { current: 'http_sse', preference: 'websocket' }, 'websocket'],
    ['what takes the message', { messageSize: 101, preference: 'websocket', current: 'websocket' }, 'http_sse'],
    ['a message that just fits', { messageSize: 100, current: 'websocket' }, 'websocket'],
    ['nothing for a message that none takes', { messageSize: 1_001 }, undefined],
    ['nothing for one that only another takes', { messageSize: 101, capable: ['websocket'] }, undefined],
    ['around an open circuit', { ...health('open', 'closed'), preference: 'websocket' }, 'http_sse'],
    ['away from an open circuit', { ...health('open', 'closed'), current: 'websocket' }, 'http_sse'],
    ['a half-open circuit, to try it', { ...health('half_open', 'closed'), preference: 'websocket' }, 'websocket'],
    ['no half-open circuit nobody asked for', { ...health('half_open', 'closed'), current: 'http_sse' }, 'http_sse'],
    [
      'an open circuit where the message leaves no other',
      { ...health('closed', 'open'), messageSize: 101 },
      'http_sse',
    ],
    ['an open circuit where there is no other', { ...health('open', 'closed'), capable: ['websocket'] }, 'websocket'],
    [
      'to stay when all circuits are open',
      { ...health('open', 'open'), current: 'http_sse', preference: 'websocket' },
      'http_sse',
    ],
    [
      'the preference when all are open and it has none',
      { ...health('open', 'open'), preference: 'http_sse' },
      'http_sse',
    ],
  ])('chooses %s', (_, question, chosen) => expect(choose(question)).toBe(chosen));
});
