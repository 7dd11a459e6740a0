import { isObject } from './branch.js';
import type { ConfigIssueInput } from './config-error.js';
import { formatPath } from './explain.js';
import { isDisabled } from './mcp-servers.js';

/** Fields of a unit, and of an entry of `mcpServers`, in which variables are replaced. */
export const INTERPOLATED_FIELDS: readonly string[] = ['command', 'args', 'env', 'cwd', 'url', 'urls', 'headers'];

/** How far down a field is looked through: as far as `urls[0].url`. An alias of YAML may make it contain itself. */
const DEPTH = 2;

/** `${NAME}`, `${NAME:-default}`; `${env:NAME}` as some MCP clients write it; `$${` stands for a plain `${`. */
const REFERENCE = /\$\$\{|\$\{(?:env:)?([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/** The configuration with `${NAME}` replaced, or the issues that name each variable that is not set. The input stays as it is. */
export function interpolate(input: unknown, env: NodeJS.ProcessEnv): { value: unknown; issues: ConfigIssueInput[] } {
  const issues: ConfigIssueInput[] = [];
  if (!isObject(input)) return { value: input, issues };
  const expand = (value: unknown, path: PropertyKey[]): unknown => expandUnit(value, path, env, issues);
  const value = { ...input };
  if (Array.isArray(input.units)) value.units = input.units.map((unit, index) => expand(unit, ['units', index]));
  if (isObject(input.mcpServers)) {
    value.mcpServers = mapValues(input.mcpServers, (server, name) =>
      isDisabled(server) ? server : expand(server, ['mcpServers', name]),
    );
  }
  return { value, issues };
}

function expandUnit(unit: unknown, path: PropertyKey[], env: NodeJS.ProcessEnv, issues: ConfigIssueInput[]): unknown {
  if (!isObject(unit)) return unit;
  const expand = (value: unknown, at: PropertyKey[], depth: number): unknown => {
    if (typeof value === 'string') return expandText(value, formatPath(at), env, issues);
    if (depth === DEPTH) return value;
    if (Array.isArray(value)) return value.map((item, index) => expand(item, [...at, index], depth + 1));
    return isObject(value) ? mapValues(value, (item, key) => expand(item, [...at, key], depth + 1)) : value;
  };
  return mapValues(unit, (field, name) =>
    INTERPOLATED_FIELDS.includes(name) ? expand(field, [...path, name], 0) : field,
  );
}

function expandText(text: string, path: string, env: NodeJS.ProcessEnv, issues: ConfigIssueInput[]): string {
  return text.replace(REFERENCE, (reference, name?: string, fallback?: string) => {
    if (name === undefined) return '${';
    const set = env[name];
    if (set !== undefined && (set !== '' || fallback === undefined)) return set;
    if (fallback !== undefined) return fallback;
    const allowed = `variable that is set, or \${${name}:-default}`;
    issues.push({ path, value: reference, allowed, message: `the variable ${name} is not set; allowed: ${allowed}` });
    return reference;
  });
}

function mapValues(object: Record<string, unknown>, map: (value: unknown, key: string) => unknown): typeof object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
