import { z } from 'zod';
import { isObject, parseBranch, refuse } from './branch.js';
import { flag } from './scalars.js';
import { parseMcpUnit, unitName } from './units.js';
import type { UnitConfig } from './units.js';

/** What the keys of an entry mean here. All others (`autoApprove`, `timeout`, …) are for other clients and are dropped. */
const UNIT_KEYS = [
  ...['command', 'args', 'env', 'cwd', 'instances'],
  ...['url', 'urls', 'headers'],
  ...['stateless', 'trusted', 'lease', 'balance', 'aliases', 'size', 'overflow'],
];

/** `type` of an entry, in the spellings that are about, as a unit's `transport`. */
const REMOTE_TRANSPORTS: ReadonlyMap<unknown, string> = new Map([
  ['http', 'streamable_http'],
  ['streamable-http', 'streamable_http'],
  ['streamable_http', 'streamable_http'],
  ['sse', 'http_sse'],
]);

/** An `mcpServers` block, as MCP clients keep it in `mcp.json`, as units. Entries with `disabled: true` are left out. */
export const mcpServersSchema = z
  .record(z.string(), z.unknown(), { error: 'object of servers by name' })
  .transform((servers, context): UnitConfig[] =>
    Object.entries(servers)
      .filter(([, server]) => !isDisabled(server))
      .map(([name, server]) => parseServer(name, server, context)),
  );

/** Whether an entry of `mcpServers` is switched off; then nothing else about it matters. */
export function isDisabled(server: unknown): boolean {
  return isObject(server) && server.disabled === true;
}

function parseServer(name: string, server: unknown, context: z.RefinementCtx): UnitConfig {
  const named = unitName.safeParse(name);
  if (!named.success) refuse(context, [name], named.error.issues[0]!.message, name);
  else if (!isObject(server)) refuse(context, [name], 'object');
  else {
    parseBranch(flag.optional(), server.disabled, context, [name, 'disabled']);
    const fields = Object.fromEntries(UNIT_KEYS.filter(key => key in server).map(key => [key, server[key]]));
    const transport = transportOf(name, server, context);
    return parseMcpUnit({ name, kind: 'mcp', transport, ...fields }, context, [name]);
  }
  return z.NEVER;
}

function transportOf(
  name: string,
  { command, type }: Record<string, unknown>,
  context: z.RefinementCtx,
): string | undefined {
  if (type === undefined) return undefined;
  if (command !== undefined) {
    if (type !== 'stdio') refuse(context, [name, 'type'], '"stdio", or none, beside command');
    return undefined;
  }
  if (!REMOTE_TRANSPORTS.has(type)) {
    const known = [...REMOTE_TRANSPORTS.keys()].map(spelling => `"${String(spelling)}"`).join(', ');
    refuse(context, [name, 'type'], `${known}, or none, beside url`);
  }
  return REMOTE_TRANSPORTS.get(type);
}
