import { isObject } from './branch.js';
import type { ConfigIssueInput } from './config-error.js';

export type VariableKind = 'string' | 'integer' | 'number' | 'boolean' | 'list';

/** An environment variable, the setting it overrides, and how its text is read. */
export interface EnvironmentVariable {
  name: string;
  path: readonly string[];
  kind: VariableKind;
}

/** Names the configuration file. */
export const CONFIG_FILE_VARIABLE = 'MCP_GATEWAY_CONFIG';

export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = [
  variable('MCP_HOST', 'host', 'string'),
  variable('MCP_PORT', 'management.port', 'integer'),
  variable('MCP_ADMIN_TOKEN', 'management.admin_token', 'string'),
  variable('MCP_SSE_PORT', 'sse.port', 'integer'),
  variable('MCP_SSE_MAX_CONNECTIONS', 'sse.max_connections', 'integer'),
  variable('MCP_WS_PORT', 'websocket.port', 'integer'),
  variable('MCP_WS_MAX_CONNECTIONS', 'websocket.max_connections', 'integer'),
  variable('MCP_WS_MAX_FRAME_SIZE', 'websocket.max_channel_frame', 'integer'),
  variable('MCP_RATE_LIMIT', 'limits.messages_refill', 'integer'),
  variable('MCP_RATE_LIMIT_PER_CLIENT', 'limits.messages_per_client', 'integer'),
  variable('MCP_MAX_CONNECTIONS_PER_CLIENT', 'limits.connections_per_client', 'integer'),
  variable('MCP_MAX_CONNECTIONS_PER_IP', 'limits.connections_per_ip', 'integer'),
  variable('MCP_POOL_SIZE', 'pool.size', 'integer'),
  variable('MCP_OVERFLOW', 'pool.overflow', 'integer'),
  variable('MCP_CIRCUIT_BREAKER_THRESHOLD', 'circuit_breaker.threshold', 'number'),
  variable('MCP_CIRCUIT_BREAKER_TIMEOUT', 'circuit_breaker.timeout', 'integer'),
  variable('MCP_AUTH_TOKEN', 'auth.token', 'string'),
  variable('MCP_ALLOW_ANONYMOUS', 'auth.allow_anonymous', 'boolean'),
  variable('MCP_TRUSTED_PROXIES', 'trusted_proxies', 'list'),
  variable('MCP_REGULATION', 'regulation.enabled', 'boolean'),
  variable('MCP_POLICY_FILE', 'regulation.policy', 'string'),
  variable('LOG_LEVEL', 'log_level', 'string'),
  variable('PROMETHEUS_ENABLED', 'prometheus_enabled', 'boolean'),
];

/** Variables of versions to come, for which there is nothing to set yet. */
export const UNUSED_VARIABLES: readonly string[] = [
  'MCP_TELNET_PORT',
  'MCP_GRPC_PORT',
  'SECRET_KEY_BASE',
  'DATABASE_URL',
  'REDIS_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];

export interface Overlay {
  value: unknown;
  /** Configuration path → name of the variable that set it. */
  variables: ReadonlyMap<string, string>;
  issues: ConfigIssueInput[];
  warnings: string[];
}

/** Puts the environment over the file's object, which stays as it is. A variable set to nothing counts as not set. */
export function applyEnvironment(input: unknown, env: NodeJS.ProcessEnv): Overlay {
  const variables = new Map<string, string>();
  const issues: ConfigIssueInput[] = [];
  let value = input;
  for (const { name, path, kind } of ENVIRONMENT_VARIABLES) {
    const text = env[name]?.trim();
    if (!text) continue;
    const read = READERS[kind](text);
    if (read === undefined) {
      issues.push({ path: name, value: text, allowed: ALLOWED[kind] });
    } else {
      value = withValue(value, path, read);
      variables.set(path.join('.'), name);
    }
  }
  const warnings = UNUSED_VARIABLES.filter(name => env[name]?.trim()).map(
    name => `${name} is set, but this version has no use for it yet`,
  );
  return { value, variables, issues, warnings };
}

const ALLOWED: Record<VariableKind, string> = {
  string: 'string',
  integer: 'integer',
  number: 'number',
  boolean: '"true" or "false"',
  list: 'comma-separated list',
};

/** Undefined stands for text that cannot be read. */
const READERS: Record<VariableKind, (text: string) => unknown> = {
  string: text => text,
  integer: text => (/^-?\d+$/.test(text) ? Number(text) : undefined),
  number: text => (/^-?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined),
  boolean: text => ({ true: true, '1': true, false: false, '0': false })[text.toLowerCase()],
  list: text => text.split(',').flatMap(item => item.trim() || []),
};

function variable(name: string, path: string, kind: VariableKind): EnvironmentVariable {
  return { name, path: path.split('.'), kind };
}

/** A copy with the value put in. What stands in the way and is no object stays: the schema will say what is wrong with it. */
function withValue(target: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (target !== undefined && !isObject(target)) return target;
  return { ...target, [key]: withValue(target?.[key], rest, value) };
}
