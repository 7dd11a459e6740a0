import { GatewayError } from '../../kernel/errors.js';
import { Publication } from '../../kernel/ports/publish.js';

/** What an answer says of one message. */
export interface PublishResponse {
  /** HTTP status, of an answer for this message alone. */
  status: number;
  body: object;
}

/** @param withResults whether to list what became of it for each session */
export function outcomeOf(publication: Publication, withResults: boolean): PublishResponse {
  const { id, counts, results, repeated } = publication;
  const body = { id, ...(withResults && { results }), counts, ...(repeated && { repeated }) };
  if (counts.refused === 0) return { status: counts.queued === 0 ? 200 : 202, body };
  if (counts.delivered + counts.queued > 0) return { status: 202, body };
  const error = new GatewayError(results[0]?.reason ?? 'outbox_full', undefined, 1_000);
  return { status: error.httpStatus, body: { ...body, ...error.body } };
}

export function failureOf(error: GatewayError): PublishResponse {
  return { status: error.httpStatus, body: error.body };
}

/**
 * One status for many: what they have in common; 202 where only some came through; where none did, why the first did not.
 */
export function statusOf(outcomes: readonly PublishResponse[]): number {
  const [first] = outcomes;
  if (!first) return 200;
  if (outcomes.every(({ status }) => status === first.status)) return first.status;
  return outcomes.some(({ status }) => status < 300) ? 202 : first.status;
}
