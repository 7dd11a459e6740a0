/** What the checker publishes, and how it knows it again: number, id, priority and length belong together. */

export const PRIORITIES = ['high', 'normal', 'low'];

export const idOf = number => `n${number}`;

/** @param pad characters that only take up room */
export function draft({ number, priority, pad, event }) {
  return {
    id: idOf(number),
    type: 'checked',
    priority,
    ...(event === undefined ? {} : { event }),
    payload: { n: number, priority, length: pad, pad: 'x'.repeat(pad) },
  };
}

/** What is wrong with an envelope that came, or undefined. */
export function flaw({ message, event, eventId }, epoch) {
  const { payload } = message;
  if (typeof payload?.n !== 'number') return `is none of ours: ${JSON.stringify(message).slice(0, 200)}`;
  if (message.id !== idOf(payload.n)) return `has the id ${message.id} and the payload of ${idOf(payload.n)}`;
  if (message.priority !== payload.priority) return `was published as ${payload.priority}, came as ${message.priority}`;
  if (payload.pad?.length !== payload.length) return 'came with another payload than it was published with';
  if (message.type !== 'checked') return `came with the type ${message.type}`;
  if (event !== undefined && event !== (message.event ?? 'message')) {
    return `is announced as ${event}, but its event is ${message.event ?? 'message'}`;
  }
  if (eventId !== undefined && eventId !== `${epoch}:${message.sequence}`) {
    return `has the event id ${eventId}, not ${epoch}:${message.sequence}`;
  }
  return undefined;
}
