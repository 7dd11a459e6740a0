import { z } from 'zod';
import { isObject, parseBranch, refuse } from './branch.js';
import { count, countOrNone, flag, httpUrl, integer, oneOf, strict, text, textWhere } from './scalars.js';

/** A unit's name. It prefixes the unit's tools as `unit__name`, so it holds no double underscore itself. */
export const unitName = textWhere(
  'name of 1 to 32 letters, digits, - and _, starting with a letter or digit, without __',
  value => /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(value) && !value.includes('__'),
);

const strings = z.array(z.string({ error: 'string' }), { error: 'array of strings' });
const stringMap = 'object whose values are strings';
const headerValue = textWhere('string without line breaks', value => !/[\r\n\0]/.test(value));

/** Leases per instance, in place of those of `pool` (stdio: of `pool.stdio_size` and `pool.stdio_overflow`). */
const poolShare = { size: count.optional(), overflow: countOrNone.optional() };

/** What a tool or prompt is called for clients that see several units. */
const alias = textWhere('alias of 1 to 64 letters, digits, - and _', value => /^[A-Za-z0-9_-]{1,64}$/.test(value));

/** How an MCP server is to be treated. */
const traits = {
  stateless: flag.default(false),
  trusted: flag.default(false),
  lease: oneOf('exclusive', 'shared').default('exclusive'),
  balance: oneOf('ring', 'round_robin', 'least_loaded').default('ring'),
  aliases: z
    .record(z.string(), alias, { error: 'object of aliases by name' })
    .refine(aliases => new Set(Object.values(aliases)).size === Object.keys(aliases).length, {
      error: 'object in which no alias is given twice',
    })
    .default({}),
};

/** Slots of a local unit; more than this is a slip of the pen. */
const MOST_SLOTS = 1_000;

/** A local MCP server: slots for child processes, one child per lease. */
export const stdioUnitSchema = strict({
  name: unitName,
  kind: z.literal('mcp'),
  transport: z.literal('stdio', { error: '"stdio", or none, beside command' }).default('stdio'),
  command: text(),
  args: strings.default([]),
  env: z.record(z.string(), z.string({ error: 'string' }), { error: stringMap }).default({}),
  cwd: text().optional(),
  instances: integer(1, MOST_SLOTS).default(1),
  ...traits,
  ...poolShare,
});

const weightRange = 'number above 0, at most 100';

const weightedUrl = strict({
  url: httpUrl,
  weight: z.number({ error: weightRange }).gt(0, { error: weightRange }).max(100, { error: weightRange }).default(1),
});

/** An instance of a remote unit. */
export type WeightedUrl = z.output<typeof weightedUrl>;

/** An entry of `urls`: a URL, or one with a weight. */
const urlEntry = z.unknown().transform((input, context): WeightedUrl => {
  if (typeof input === 'string') return { url: parseBranch(httpUrl, input, context), weight: 1 };
  if (isObject(input)) return parseBranch(weightedUrl, input, context);
  refuse(context, [], 'http or https URL, or object with url and weight');
  return z.NEVER;
});

/** A remote MCP server; each URL is an instance. */
export const httpUnitSchema = strict({
  name: unitName,
  kind: z.literal('mcp'),
  transport: oneOf('auto', 'streamable_http', 'http_sse').default('auto'),
  url: httpUrl.optional(),
  urls: z.array(urlEntry, { error: 'array of URLs' }).min(1, { error: 'array of at least one URL' }).optional(),
  headers: z.record(z.string(), headerValue, { error: stringMap }).default({}),
  ...traits,
  ...poolShare,
});

/** The built-in unit that answers with what it was sent. */
export const echoUnitSchema = strict({ name: unitName, kind: z.literal('echo') });

/** `cwd` is absolute once the configuration is loaded. */
export type StdioUnitConfig = z.output<typeof stdioUnitSchema>;

/** `url: X` has become `urls: [{ url: X, weight: 1 }]`. */
export type HttpUnitConfig = Omit<z.output<typeof httpUnitSchema>, 'url' | 'urls'> & { urls: WeightedUrl[] };

export type EchoUnitConfig = z.output<typeof echoUnitSchema>;

/** One operational unit: `kind` tells echo from MCP; `transport`, a local MCP server (`stdio`) from a remote one. */
export type UnitConfig = StdioUnitConfig | HttpUnitConfig | EchoUnitConfig;

/** An entry of `units`. */
export const unitSchema = z.unknown().transform((input, context): UnitConfig => {
  if (!isObject(input)) refuse(context, [], 'object');
  else if (input.kind === 'echo') return parseBranch(echoUnitSchema, input, context);
  else if (input.kind === 'mcp') return parseMcpUnit(input, context);
  else refuse(context, ['kind'], '"mcp" or "echo"');
  return z.NEVER;
});

/** Parses a unit of kind `mcp`, local or remote by the keys that it has. Its issues go to the context, below `path`. */
export function parseMcpUnit(
  input: Record<string, unknown>,
  context: z.RefinementCtx,
  path: readonly string[] = [],
): StdioUnitConfig | HttpUnitConfig {
  const problem = addressProblem(input);
  if (problem !== undefined) {
    refuse(context, path, problem);
    return z.NEVER;
  }
  if (input.command !== undefined) return parseBranch(stdioUnitSchema, input, context, path);
  const { url, urls, ...unit } = parseBranch(httpUnitSchema, input, context, path);
  return { ...unit, urls: urls ?? (url === undefined ? [] : [{ url, weight: 1 }]) };
}

function addressProblem({ command, url, urls }: Record<string, unknown>): string | undefined {
  const remote = url !== undefined || urls !== undefined;
  if (command !== undefined && remote) return 'either command (a local server) or url (a remote one), not both';
  if (command === undefined && !remote) return 'object with command (a local server) or url (a remote one)';
  if (url !== undefined && urls !== undefined) return 'either url or urls, not both';
  return undefined;
}
