/** What becomes of a call in flight. */
export type Fate = 'answered' | 'sent again' | 'outcome unknown' | 'other error';

/** What is expected when the instance that works on a call fails: `failover.spec.ts` sees to it, `docs/FAULTS.md` says it. */
export interface Expected {
  /** Of a call whose tool may be called twice, by its own word, at a unit that is trusted. */
  safe: Fate;
  unsafe: Fate;
  /** HTTP status of the session's next call. */
  next: 200 | 404;
}

export const FATES: Record<'stateless' | 'stateful', Expected> = {
  stateless: { safe: 'sent again', unsafe: 'outcome unknown', next: 200 },
  stateful: { safe: 'outcome unknown', unsafe: 'outcome unknown', next: 404 },
};

export const FAILURES = ['kill -9', 'SIGSTOP', 'accepts, never answers'] as const;

/** The same for people. */
export function fateTable(): string {
  const sessions = { 200: 'go on with the next instance', 404: '404: their clients start anew' };
  const rows = Object.entries(FATES).map(([unit, { safe, unsafe, next }]) => {
    return `| ${unit} | ${FAILURES.join('; ')} | are not disturbed | ${safe} | ${unsafe} | ${sessions[next]} |`;
  });
  const head = [
    'unit',
    'one of its instances',
    'sessions elsewhere',
    'safe calls on it',
    'other calls on it',
    'its sessions',
  ];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n');
}
