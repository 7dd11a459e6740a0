import { publish, Published } from './publisher.js';
import { RunningExample } from './running-example.js';

/*
 * Messages that can be told from everything else that an example writes, however it writes them: their payload is
 * `{"body": "m-7"}`. What was lost, came twice or in the wrong order shows in the numbers.
 */

/** Publishes messages number `from` to `to`, both included. Whether the client is there or not, they must be taken. */
export async function publishNumbered(
  base: string,
  clientId: string,
  from: number,
  to: number,
  member: 'payload' | 'data' = 'payload',
): Promise<Published> {
  const bodies = range(from, to).map(number => ({
    type: 'chat',
    payload: undefined,
    [member]: { body: `m-${number}` },
  }));
  const published = await publish(base, clientId, bodies);
  if (![200, 202].includes(published.status)) {
    throw new Error(`${clientId} got ${published.status}: ${JSON.stringify(published.body)}`);
  }
  return published;
}

/** The numbers of the messages in what the example wrote, one a line; `which` says what lines count. */
export function numbersIn({ lines }: RunningExample, which = /./): number[] {
  return lines
    .filter(line => which.test(line))
    .flatMap(line => /\bm-(\d+)\b/.exec(line)?.[1] ?? [])
    .map(Number);
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
