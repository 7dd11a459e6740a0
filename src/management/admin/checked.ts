import { z } from 'zod';
import { GatewayError } from '../../kernel/errors.js';

/** The longest time a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1;

/** A sentence for the audit trail. */
export const why = z.string().trim().min(1).max(500);
export const forMs = z.number().int().min(1).max(LONGEST).optional();
/** How many of a list are wanted. */
export const most = z.coerce.number().int().min(1).max(10_000);

/** What nobody says a reason for is done because it is not needed any more. */
export const release = z.strictObject({ why: why.default('not needed any more') });

/**
 * What was asked, if it has the shape that is wanted.
 * @throws GatewayError `invalid_message` that names the first place that is wrong
 */
export function checked<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new GatewayError('invalid_message', `${path.length === 0 ? 'body' : path.join('.')}: ${message}`);
}
