/**
 * The gateway's settings in these runs. No limit may get in the way: what is refused proves nothing. Nor may what is kept for
 * those who do not acknowledge be so little that a client which is away for seconds has to be told a gap. What paces
 * and stops clients that acknowledge or do not read is as it is by default.
 */
export const UNITS = [{ name: 'echo', kind: 'echo' }];

const MANY = 100_000_000;
const MIB = 1_048_576;

const ROOMY = { replay_messages: 3_000, replay_bytes: 64 * MIB, silent_window: 1_500 };
/** Nothing is kept that was acknowledged: who acknowledges needs no more. */
const TIGHT = { replay_messages: 0, replay_bytes: 0, silent_window: 0 };

/** No limit of doors and clients in the way; what an outbox may hold is as it is by default. */
export const limitless = {
  limits: {
    new_sessions_per_minute: MANY,
    messages_per_client: MANY,
    messages_refill: MANY,
    connections_per_client: 1_000,
    connections_per_ip: 10_000,
    connects_per_minute: MANY,
    joins_per_minute: MANY,
    publishes_per_minute: MANY,
    buffered_bytes: 2_048 * MIB,
  },
  switching: { max: MANY },
  sse: { max_body_size: 16 * MIB },
  websocket: { compression: false },
};

export const settings = ({ tight = false } = {}) => ({
  ...limitless,
  delivery: { outbox_messages: 100_000, outbox_bytes: 256 * MIB, ...(tight ? TIGHT : ROOMY) },
});
