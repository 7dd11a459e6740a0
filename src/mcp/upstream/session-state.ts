import { Transitions } from '../../kernel/transitions.js';

/**
 * What an upstream session is doing. `unlinked`: there is no link. `linking`: one is being opened, at one instance after
 * the other; `linked`: calls go by the link, or wait until it has been told what the one
 * before knew. `ended`: for good.
 */
export type SessionStateName = 'unlinked' | 'linking' | 'linked' | 'ended';

/** What happens to an upstream session. */
export type SessionEvent = 'open' | 'opened' | 'not_opened' | 'unlinked' | 'end';

export const SESSION_TRANSITIONS: Transitions<SessionStateName, SessionEvent> = {
  unlinked: { open: 'linking', end: 'ended' },
  linking: { opened: 'linked', not_opened: 'unlinked', end: 'ended' },
  linked: { unlinked: 'unlinked', end: 'ended' },
  ended: {},
};
