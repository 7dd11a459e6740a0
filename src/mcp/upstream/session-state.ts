/**
 * What an upstream session is doing. `unlinked`: there is no link. `linking`: one is being opened, at one instance after
 * the other; `linked`: calls go by the link, or wait until it has been told what the one
 * before knew. `ended`: for good.
 */
export type SessionStateName = 'unlinked' | 'linking' | 'linked' | 'ended';

/** What happens to an upstream session. */
export type SessionEvent = 'open' | 'opened' | 'not_opened' | 'unlinked' | 'end';

/** Which event leads from which state to which; what is not here is a mistake of the gateway. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionStateName, Partial<Record<SessionEvent, SessionStateName>>>> =
  {
    unlinked: { open: 'linking', end: 'ended' },
    linking: { opened: 'linked', not_opened: 'unlinked', end: 'ended' },
    linked: { unlinked: 'unlinked', end: 'ended' },
    ended: {},
  };

/** @throws Error where the event cannot happen in that state */
export function nextSessionState(from: SessionStateName, event: SessionEvent): SessionStateName {
  const to = SESSION_TRANSITIONS[from][event];
  if (to === undefined) throw new Error(`An upstream session that is ${from} cannot have '${event}'.`);
  return to;
}
