/**
 * Why the gateway closes a connection, and what each wire says. WebSocket codes: RFC 6455 §7.4 and the IANA registry
 * (1012 service restart: come back; 1013 try again later). `retry` in milliseconds tells SSE clients when to reconnect.
 */
const TABLE = {
  done: { websocket: 1000, retry: null },
  idle: { websocket: 1000, retry: null },
  draining: { websocket: 1012, retry: 1_000 },
  unit_gone: { websocket: 1011, retry: null },
  reclaimed: { websocket: 1013, retry: null },
  unsupported_data: { websocket: 1003, retry: null },
  /** Another connection has taken the session over. */
  replaced: { websocket: 1000, retry: null },
  /** An error that says why was sent before. */
  refused: { websocket: 1008, retry: null },
  /** An operator has asked for it; the client may come back. */
  disconnected: { websocket: 1012, retry: 1_000 },
  overloaded: { websocket: 1013, retry: 1_000 },
  too_slow: { websocket: 1013, retry: 1_000 },
} as const satisfies Record<string, { websocket: number; retry: number | null }>;

export type CloseReason = keyof typeof TABLE;

export function closeCode(reason: CloseReason): number {
  return TABLE[reason].websocket;
}

export function closeRetry(reason: CloseReason): number | null {
  return TABLE[reason].retry;
}
