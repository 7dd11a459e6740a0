import { z } from 'zod';

/*
 * Unions are resolved by hand, from what was given, instead of by `z.union`: its error is that of every branch at once.
 */

/** Parses with the chosen branch and hands its issues on; the result counts only if there are none. */
export function parseBranch<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  context: z.RefinementCtx,
  path: readonly string[] = [],
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    context.issues.push({ ...issue, path: [...path, ...issue.path] } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
}

/** Adds an issue. `value` is for issues about something else than the value found at `path`, such as its key. */
export function refuse(context: z.RefinementCtx, path: readonly PropertyKey[], allowed: string, value?: unknown): void {
  const params = value === undefined ? undefined : { value };
  context.issues.push({ code: 'custom', path: [...path], message: allowed, params, input: undefined });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
