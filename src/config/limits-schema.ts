import { bytes, count, duration, strict } from './scalars.js';

/** How much there may be of anything. */
export const limits = strict({
  sessions: count.default(10_000),
  calls_per_session: count.default(256),
  calls_per_unit: count.default(10_000),
  subscriptions_per_session: count.default(256),
  new_sessions_per_minute: count.default(600),
  max_unit_message: bytes.default(67_108_864),
  /** What all buffers of the process may hold together. */
  buffered_bytes: bytes.default(268_435_456),
  headers_timeout: duration.default(10_000),
  request_timeout: duration.default(30_000),
  handshake_timeout: duration.default(10_000),
  /** Messages of one native or Phoenix client: at once, and per second. */
  messages_per_client: count.default(100),
  messages_refill: count.default(100),
  /** Long-lived connections at a time. */
  connections_per_client: count.default(5),
  connections_per_ip: count.default(10),
  connects_per_minute: count.default(600),
  joins_per_minute: count.default(600),
  publishes_per_minute: count.default(600_000),
});

export const sessions = strict({
  idle_timeout: duration.default(1_800_000),
  /** How long a resume token is good for. */
  resume_ttl: duration.default(3_600_000),
});
