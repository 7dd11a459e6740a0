import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../../kernel/errors.js';
import { PushReceiver } from '../../kernel/ports/push-connection.js';

/** Milliseconds that a POST of a client that is held waits; then it is refused as if it were not. */
const LONGEST = 1_000;
/** POSTs of one client that wait: what they bring is in memory. */
const MOST = 4;

const waiting = new WeakMap<PushReceiver, number>();

/**
 * Whoever posts has no socket that could be left unread: a client that is held is answered later instead.
 * @throws GatewayError `rate_limit_exceeded` where it has as many waiting as it may
 */
export async function throttlePost(receiver: PushReceiver): Promise<void> {
  const ms = receiver.holdFor();
  if (ms === 0) return;
  const others = waiting.get(receiver) ?? 0;
  if (others >= MOST) throw new GatewayError('rate_limit_exceeded', undefined, Math.min(ms, LONGEST));
  waiting.set(receiver, others + 1);
  try {
    await turn(receiver, ms);
  } finally {
    waiting.set(receiver, waiting.get(receiver)! - 1);
  }
}

async function turn(receiver: PushReceiver, ms: number): Promise<void> {
  const end = performance.now() + LONGEST;
  // Looked at again each time: a timer may be early by a part of a millisecond, and others that wait take of it, too.
  for (let wait = ms; wait > 0; wait = receiver.holdFor()) {
    const left = end - performance.now();
    if (left <= 0) break;
    await delay(Math.min(wait, left), undefined, { ref: false });
  }
}
