import { GatewayError } from '../../kernel/errors.js';

/** What a client on a native or Phoenix wire sees of a refusal. `retry_after` in milliseconds, null where waiting does not help. */
export interface ErrorMessage {
  error: string;
  reason: string;
  message: string;
  retry_after: number | null;
}

/** Both refusals of credentials are one error on these wires; the reason says whether a fresh token would help. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  unauthenticated: 'invalid_token',
  token_expired: 'token_expired',
};

export function errorBody(error: GatewayError): ErrorMessage {
  const reason = CREDENTIALS[error.code];
  return reason === undefined ? error.body : { ...error.body, error: 'authentication_failed', reason };
}
