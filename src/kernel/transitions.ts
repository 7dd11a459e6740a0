/** Which event leads from which state to which; what is not in it is a mistake of the gateway. */
export type Transitions<State extends string, Event extends string> = Readonly<
  Record<State, Partial<Record<Event, State>>>
>;

/**
 * @param what whose state it is, such as `a subscriber`
 * @throws Error where the event cannot happen in that state, or leads elsewhere
 */
export function assertTransition<State extends string, Event extends string>(
  transitions: Transitions<State, Event>,
  what: string,
  from: State,
  event: Event,
  to: State,
): void {
  if (transitions[from][event] !== to) throw new Error(`From ${from}, '${event}' does not lead ${what} to ${to}.`);
}
