import { LinkEnd } from './link.js';

/**
 * What becomes of a client whose connection ended: it comes `again`; or with other `credentials`; or without the
 * `resume_token` that was refused; or `never`.
 */
export type ReconnectDecision = 'again' | 'credentials' | 'rejoin' | 'never';

const CREDENTIALS = new Set(['authentication_failed', 'unauthenticated', 'token_expired']);
const TOKEN = new Set(['invalid_resume_token', 'resume_token_expired']);
/** For good, by docs/WIRE.md. Other reasons, and none, may come from something in between. */
const FINAL_REASONS = new Set(['done', 'idle', 'replaced']);
/** Refusals that the same hello would meet again. What is not here may be a proxy's, or pass. */
const FINAL = new Set([
  'forbidden',
  'forbidden_origin',
  'forbidden_host',
  'client_id_required',
  'invalid_request',
  'invalid_message',
  'unsupported_data',
]);

export function reconnectDecisionOf(end: LinkEnd): ReconnectDecision {
  const code = end.error?.code;
  if (code !== undefined && CREDENTIALS.has(code)) return 'credentials';
  if (code !== undefined && TOKEN.has(code)) return 'rejoin';
  if (code !== undefined && FINAL.has(code) && end.retryAfter === null) return 'never';
  if (end.reason === 'replaced' || end.code === 1003) return 'never';
  return end.code === 1000 && FINAL_REASONS.has(end.reason ?? '') ? 'never' : 'again';
}

/** Whether the way to the gateway is to blame, and not what the gateway thinks of the client. */
export function isBlocked({ error }: LinkEnd): boolean {
  const own = /^(connection_|http_|invalid_frame|protocol_unsupported|not_found|method_not_allowed|not_acceptable)/;
  return error === undefined || own.test(error.code);
}
