import { z } from 'zod';
import { Bounds, MODES } from '../kernel/ports/levers.js';
import { BOUNDED, Policy } from '../kernel/ports/policy.js';
import { isObject, parseBranch, refuse } from './branch.js';
import { count, duration, integer, KEY_SEPARATOR, oneOf, strict, text } from './scalars.js';

/*
 * The policy file. What each key is for: docs/VIABILITY.md.
 */

/** Other limits: numbers that regulators go by, read by them from `policy_update`. */
const CONSTRAINT = /^(switch_max|switch_window|pattern_[a-z0-9_]{1,48})$/;

const positive = z.number({ error: 'number above 0' }).gt(0, { error: 'number above 0' });

const bounds = strict({ min: positive.optional(), max: positive.optional() }).superRefine(({ min, max }, context) => {
  if (min !== undefined && max !== undefined && min > max) refuse(context, ['max'], 'number that is not below min');
});

/** By hand: each key has a schema of its own, or fits a pattern. */
const limits = z.any().transform((given: unknown, context): Policy['limits'] => {
  const known = [...BOUNDED, 'switch_max', 'switch_window', 'pattern_…'].join(KEY_SEPARATOR);
  if (!isObject(given)) return (refuse(context, [], 'object'), z.NEVER);
  return Object.fromEntries<Bounds | number>(
    Object.entries(given).map(([key, value]): [string, Bounds | number] => {
      if ((BOUNDED as readonly string[]).includes(key)) return [key, parseBranch(bounds, value, context, [key])];
      if (CONSTRAINT.test(key)) return [key, parseBranch(positive, value, context, [key])];
      refuse(context, [key], `one of ${known}`);
      return [key, 0];
    }),
  );
});

const share = (allowed = 'number above 0, at most 1'): z.ZodNumber =>
  z.number({ error: allowed }).gt(0, { error: allowed }).max(1, { error: allowed });

const modes = strict({
  mode: oneOf(...MODES).optional(),
  critical_pains: count.default(2),
  loop_delay: duration.default(250),
  buffers: share().default(0.8),
  error_rate: share().default(0.5),
  degrade_after: duration.default(5_000),
  lockdown_loop_delay: duration.default(1_000),
  lockdown_buffers: share().default(0.95),
  lockdown_after: duration.default(60_000),
  recover_after: duration.default(30_000),
}).superRefine(({ loop_delay, lockdown_loop_delay, buffers, lockdown_buffers }, context) => {
  if (lockdown_loop_delay < loop_delay)
    refuse(context, ['lockdown_loop_delay'], `integer of at least loop_delay (${loop_delay})`);
  if (lockdown_buffers < buffers) refuse(context, ['lockdown_buffers'], `number of at least buffers (${buffers})`);
});

/** Patterns of one list, and rules: what is looked through for a new principal or name. */
const MOST = 1_000;

const patterns = z
  .array(text('name, perhaps with * for any characters'), { error: 'array of names' })
  .max(MOST, { error: `array of at most ${MOST} names` });

const rule = strict({
  principal: text('id of a principal, perhaps with *'),
  role: text().optional(),
  units: patterns.optional(),
  topics: patterns.optional(),
  publish: z
    .any()
    .transform((given: unknown, context): boolean | string[] => {
      if (typeof given === 'boolean') return given;
      if (Array.isArray(given)) return parseBranch(patterns, given, context);
      return (refuse(context, [], 'true, false or array of topics'), z.NEVER);
    })
    .optional(),
  scopes: patterns.optional(),
});

const identity = strict({
  purpose: text().default('Connects MCP clients and servers.'),
  forbids: patterns.default([]),
});

export const policySchema = strict({
  /** Of the file's format. */
  version: integer(1, 1).default(1),
  identity: identity.prefault({}),
  limits: limits.prefault({}),
  modes: modes.prefault({}),
  principals: z
    .array(rule, { error: 'array of rules' })
    .max(MOST, { error: `array of at most ${MOST} rules` })
    .default([]),
  default: oneOf('allow', 'deny').default('allow'),
}) satisfies z.ZodType<Policy>;
