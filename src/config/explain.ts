import type { z } from 'zod';
import type { ConfigIssueInput } from './config-error.js';
import { nearest } from './nearest.js';
import { KEY_SEPARATOR } from './scalars.js';

/**
 * Words zod's issues for the person who wrote the configuration, at most one per path.
 *
 * @param input what was given, before `${…}` was replaced, so that nobody's variables show up in an error
 * @param variables configuration path → environment variable that set it
 */
export function explain(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  variables: ReadonlyMap<string, string>,
): ConfigIssueInput[] {
  const explained = new Map<string, ConfigIssueInput>();
  for (const issue of issues.flatMap(each => explainOne(each, input))) {
    const told = { ...issue, path: withVariable(issue.path, variables) };
    if (!explained.has(told.path)) explained.set(told.path, told);
  }
  return [...explained.values()];
}

/** A path as one would write it in JavaScript: `units[0].headers["X-Key"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  const segments = path.map(segment => {
    if (typeof segment === 'number') return `[${segment}]`;
    const key = String(segment);
    return /^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return segments.join('').replace(/^\./, '') || 'configuration';
}

function explainOne(issue: z.core.$ZodIssue, input: unknown): ConfigIssueInput[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => explainUnknownKey(issue, key));
  const named: unknown = issue.code === 'custom' ? issue.params?.value : undefined;
  return [{ path: formatPath(issue.path), value: named ?? valueAt(input, issue.path), allowed: issue.message }];
}

/** The value is left out: the mistyped key may be that of a secret. */
function explainUnknownKey({ path, message: known }: z.core.$ZodIssue, key: string): ConfigIssueInput {
  const suggestion = nearest(key, known.split(KEY_SEPARATOR));
  const hint = suggestion === undefined ? `allowed: ${known}` : `did you mean "${suggestion}"?`;
  return { path: formatPath([...path, key]), value: undefined, allowed: known, message: `unknown key, ${hint}` };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], input);
}

function withVariable(path: string, variables: ReadonlyMap<string, string>): string {
  const variable = variables.get(path.replace(/\[\d+\]$/, ''));
  return variable === undefined ? path : `${variable} (${path})`;
}
