import { createParser, EventSourceMessage } from 'eventsource-parser';
import { GatewayError } from '../../kernel/errors.js';

export interface ReadOutcome {
  /** Id of the last event that had one. */
  lastEventId: string | undefined;
  /** Milliseconds the server asked to wait before a reconnect. */
  retry: number | undefined;
}

/**
 * Reads an event stream until it ends or breaks.
 * @param limit characters of one event
 * @param onEvent called for every event with data, also for those of types we do not know
 */
export async function readEvents(
  body: AsyncIterable<Buffer>,
  limit: number,
  onEvent: (event: EventSourceMessage) => void,
): Promise<ReadOutcome> {
  const outcome: ReadOutcome = { lastEventId: undefined, retry: undefined };
  let pending = 0;
  const parser = createParser({
    onEvent: event => {
      pending = 0;
      if (event.id !== undefined) outcome.lastEventId = event.id;
      if (event.data !== '') onEvent(event);
    },
    onRetry: retry => (outcome.retry = retry),
    onComment: () => (pending = 0),
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      pending += chunk.length;
      if (pending > limit)
        throw new GatewayError('outcome_unknown', `An event of the unit is larger than ${limit} bytes.`);
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    // A broken stream is a stream that ended early: what to do about it depends on the ids seen so far.
  }
  return outcome;
}
