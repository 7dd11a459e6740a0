import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../../kernel/errors.js';
import { Talk } from '../../kernel/ports/push-connection.js';

/** Milliseconds that a POST of a client that is held waits; then it is refused as if it were not. */
const LONGEST = 1_000;
/** POSTs of one client that wait: what they bring is in memory. */
const MOST = 4;

const waiting = new WeakMap<Talk, number>();

/**
 * Whoever posts has no socket that could be left unread: a client that is held is answered later instead.
 * @throws GatewayError `rate_limit_exceeded` where it has as many waiting as it may
 */
export async function holdPost(talk: Talk): Promise<void> {
  const ms = talk.holdFor();
  if (ms === 0) return;
  const others = waiting.get(talk) ?? 0;
  if (others >= MOST) throw new GatewayError('rate_limit_exceeded', undefined, Math.min(ms, LONGEST));
  waiting.set(talk, others + 1);
  try {
    await turn(talk, ms);
  } finally {
    waiting.set(talk, waiting.get(talk)! - 1);
  }
}

async function turn(talk: Talk, ms: number): Promise<void> {
  const end = performance.now() + LONGEST;
  // Looked at again each time: a timer may be early by a part of a millisecond, and others that wait take of it, too.
  for (let wait = ms; wait > 0; wait = talk.holdFor()) {
    const left = end - performance.now();
    if (left <= 0) break;
    await delay(Math.min(wait, left), undefined, { ref: false });
  }
}
