import { SessionState, transition } from './state.js';

const STATES: SessionState[] = ['connecting', 'authenticating', 'selecting', 'active', 'disconnected', 'closed'];
const ALLOWED = [
  'connecting → authenticating',
  'connecting → closed',
  'authenticating → selecting',
  'authenticating → closed',
  'selecting → active',
  'selecting → closed',
  'active → disconnected',
  'active → closed',
  'disconnected → active',
  'disconnected → closed',
];

describe('the states of a session', () => {
  const pairs = STATES.flatMap(from => STATES.map(to => [from, to] as const));

  it.each(pairs)('%s → %s', (from, to) => {
    if (ALLOWED.includes(`${from} → ${to}`)) expect(transition(from, to)).toBe(to);
    else expect(() => transition(from, to)).toThrow(`cannot go from ${from} to ${to}`);
  });
});
