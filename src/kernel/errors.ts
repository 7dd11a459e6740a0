/**
 * The one table of errors. A row says what a client sees on each kind of wire: the JSON-RPC code, the HTTP status, and
 * a sentence. Codes -32050 … -32079 are Viable's own, inside JSON-RPC's range for implementations and clear of those
 * that MCP revisions have taken (-32000 … -32009, -32042).
 */
const TABLE = {
  parse_error: [-32700, 400, 'The message is not valid JSON.'],
  invalid_request: [-32600, 400, 'The message is not a valid JSON-RPC 2.0 message.'],
  not_found: [-32600, 404, 'Nothing is served at this path.'],
  method_not_allowed: [-32600, 405, 'This path does not serve that HTTP method.'],
  not_acceptable: [-32600, 406, 'The client must accept what this door sends.'],
  unsupported_media_type: [-32600, 415, 'The body must be application/json.'],
  message_too_large: [-32600, 413, 'The message is larger than this door takes.'],
  protocol_unsupported: [-32600, 400, 'This protocol or protocol version is not served here.'],
  session_required: [-32600, 400, 'The Mcp-Session-Id header is missing: send initialize first.'],
  session_not_found: [-32600, 404, 'No such session, or it has ended: initialize again.'],
  session_ended: [-32055, 404, 'The session has ended: initialize again.'],
  not_initialized: [-32600, 400, 'The session is not initialized yet: send initialize first.'],
  unauthenticated: [-32600, 401, 'Credentials are missing or not valid.'],
  token_expired: [-32600, 401, 'The token has expired.'],
  forbidden_origin: [-32600, 403, 'This Origin may not use the gateway.'],
  forbidden_host: [-32600, 403, 'This Host is not served here.'],
  unit_required: [-32602, 400, 'Several units are configured: choose one with ?unit=NAME.'],
  unit_not_found: [-32602, 404, 'No unit of that name is configured.'],
  internal_error: [-32603, 500, 'The gateway failed to handle this message.'],
  unit_unavailable: [-32050, 503, 'The unit cannot be reached.'],
  outcome_unknown: [-32051, 502, 'The unit went away before it answered: the outcome of this call is unknown.'],
  pool_timeout: [-32052, 503, 'No lease became free in time.'],
  draining: [-32053, 503, 'This node is draining: connect again to reach another one.'],
  rate_limit_exceeded: [-32054, 429, 'Too many requests.'],
  replay_overrun: [-32056, 410, 'More was sent while the client was away than the replay buffer holds.'],
  session_expired: [-32055, 404, 'The unit has ended its session: initialize again.'],
  state_lost: [
    -32062,
    410,
    'What the unit knew of this session is gone, and this call was not carried out: call again to begin anew with it.',
  ],
  unit_timeout: [-32057, 504, 'The unit did not answer in time.'],
  too_many_sessions: [-32058, 503, 'The gateway holds as many sessions as it may.'],
  overloaded: [-32058, 503, 'The gateway holds as much as it may: try again in a moment.'],
  too_many_calls: [-32060, 429, 'This session has as many calls in flight as it may.'],
  unknown_name: [-32602, 400, 'No unit offers anything of that name.'],
  resource_not_found: [-32002, 404, 'No unit offers that resource.'],
  invalid_cursor: [-32602, 400, 'The cursor is not one of this gateway: list again from the beginning.'],
  unknown_method: [-32601, 400, 'Several units are served here and none is named: choose one with ?unit=NAME.'],
  too_many_subscriptions: [-32060, 429, 'This session is subscribed to as many resources as it may.'],
  unit_busy: [-32060, 429, 'The unit has as many calls in flight as it may.'],
  duplicate_id: [-32600, 400, 'A request with this id is still in flight.'],
  forbidden: [-32600, 403, 'These credentials do not allow that.'],
  client_id_required: [-32602, 400, 'A client_id is missing: 1 to 128 visible ASCII characters.'],
  client_not_found: [-32602, 404, 'No such client has a session here.'],
  invalid_frame: [-32600, 400, 'The frame has not the shape that this protocol gives it.'],
  invalid_message: [-32600, 400, 'The message has not the shape that is asked for.'],
  invalid_ack: [-32602, 400, 'That acknowledges nothing that was sent in this epoch and waits for it.'],
  invalid_resume_token: [
    -32600,
    403,
    'The resume token is not one of this gateway, or its session has ended: join anew.',
  ],
  resume_token_expired: [-32600, 403, 'The resume token has expired: join anew.'],
  unmatched_topic: [-32602, 404, 'This topic is not served, or not joined.'],
  already_joined: [-32600, 409, 'This connection has joined already.'],
  handshake_timeout: [-32600, 408, 'Nothing that joins a session came in time.'],
  outbox_full: [-32063, 429, 'The outbox holds as much as it may.'],
  transport_unavailable: [-32064, 409, 'The client cannot be reached by that transport.'],
  switch_refused: [-32064, 429, 'This client has changed its transport too often.'],
  too_many_connections: [-32058, 429, 'There are as many connections as there may be.'],
  degraded: [-32058, 503, 'The gateway is under strain and takes no new anonymous sessions.'],
  lockdown: [-32058, 503, 'The gateway admits operators only at the moment.'],
  shed: [-32058, 503, 'The gateway is under strain and takes nothing of this priority.'],
  conflict: [-32600, 409, 'That cannot be done in the state that the gateway is in.'],
  circuit_open: [-32061, 503, 'The circuit to this unit is open after repeated failures.'],
} as const satisfies Record<string, readonly [rpc: number, http: number, message: string]>;

export type ErrorCode = keyof typeof TABLE;

/** What every door sends when it refuses. `retry_after` in milliseconds, null where waiting does not help. */
export interface ErrorBody {
  error: ErrorCode;
  reason: ErrorCode;
  message: string;
  retry_after: number | null;
}

/** A failure with a name. Drivers and stations throw it; doors turn it into what their wire understands. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  /**
   * @param code row of the table
   * @param detail replaces the table's sentence; must not hold secrets or payloads
   * @param retryAfter milliseconds until another try makes sense, null if it never does
   */
  constructor(
    readonly code: ErrorCode,
    detail?: string,
    readonly retryAfter: number | null = null,
    cause?: unknown,
  ) {
    super(detail ?? TABLE[code][2], { cause });
  }

  get rpcCode(): number {
    return TABLE[this.code][0];
  }

  get httpStatus(): number {
    return TABLE[this.code][1];
  }

  get body(): ErrorBody {
    return { error: this.code, reason: this.code, message: this.message, retry_after: this.retryAfter };
  }
}

/** Anything thrown, as a GatewayError; what is not one of ours stays out of the client's sight, as its `cause`. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('internal_error', undefined, null, thrown);
}
