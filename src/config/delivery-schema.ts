import { refuse } from './branch.js';
import { bytes, count, countOrNone, duration, integer, strict } from './scalars.js';

/** How messages that are pushed reach native and Phoenix clients. */
export const delivery = strict({
  /** Messages sent and not acknowledged: from here at half the rate, and from there none but urgent ones. */
  window_half: count.default(50),
  window_full: count.default(100),
  /** Per second and session. */
  rate: count.default(5_000),
  lag: duration.default(5_000),
  bundle: duration.default(1_000),
  socket_buffer: bytes.default(1_048_576),
  outbox_messages: count.default(10_000),
  outbox_bytes: bytes.default(16_777_216),
  replay_messages: countOrNone.default(256),
  replay_bytes: integer(0).default(1_048_576),
  silent_window: countOrNone.default(100),
}).superRefine(({ window_half, window_full }, context) => {
  if (window_half > window_full) refuse(context, ['window_half'], 'integer that is at most window_full');
});

/** How often a client may change its transport: `max` times within any `window`. */
export const switching = strict({
  window: duration.default(60_000),
  max: count.default(3),
});
