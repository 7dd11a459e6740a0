/** What went wrong, by the gateway's name for it or one of the client's own. */
export class ViableError extends Error {
  override readonly name = 'ViableError';

  /**
   * @param code of the gateway (such as `rate_limit_exceeded`), or of the client: `closed`, `replaced`, `timeout`,
   *   `offline_queue_full`, `duplicate_id`, `invalid_message`, `invalid_frame`, `connection_failed`, `connection_lost`,
   *   `transport_unavailable`, `handler_failed`, `storage_failed`, `token_failed`, `http_NNN`
   * @param retryAfter milliseconds until another try makes sense, null where waiting does not help
   */
  constructor(
    readonly code: string,
    message: string = code,
    readonly retryAfter: number | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The gateway's error body, from a frame or a response; undefined for anything else. */
export function errorOf(body: unknown): ViableError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, reason, message, retry_after: retry } = body as Record<string, unknown>;
  const code = typeof reason === 'string' ? reason : error;
  if (typeof code !== 'string') return undefined;
  const wait = typeof retry === 'number' && retry >= 0 ? retry : null;
  return new ViableError(code, typeof message === 'string' ? message : code, wait);
}

/** Anything thrown by the platform on the way to the gateway, as a ViableError. */
export function asViableError(thrown: unknown): ViableError {
  if (thrown instanceof ViableError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ViableError('connection_failed', message, null, thrown);
}
