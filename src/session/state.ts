/** Where a native or Phoenix session stands. */
export type SessionState = 'connecting' | 'authenticating' | 'selecting' | 'active' | 'disconnected' | 'closed';

/** Every transition there is; any other is a defect. */
const TRANSITIONS: Record<SessionState, readonly SessionState[]> = {
  connecting: ['authenticating', 'closed'],
  authenticating: ['selecting', 'closed'],
  selecting: ['active', 'closed'],
  active: ['disconnected', 'closed'],
  disconnected: ['active', 'closed'],
  closed: [],
};

/** @throws Error for a transition that is not in the table */
export function transition(from: SessionState, to: SessionState): SessionState {
  if (!TRANSITIONS[from].includes(to)) throw new Error(`a session cannot go from ${from} to ${to}`);
  return to;
}
