import { z } from 'zod';
import { refuse } from './branch.js';
import { delivery, switching } from './delivery-schema.js';
import { limits, sessions } from './limits-schema.js';
import { regulation } from './regulation-schema.js';
import { routeProblems, routesSchema } from './routes.js';
import { isLoopback } from '../kernel/loopback.js';
import { mcpServersSchema } from './mcp-servers.js';
import {
  addressOrSubnet,
  bindAddress,
  bytes,
  count,
  countOrNone,
  duration,
  durationOrNone,
  flag,
  hostHeader,
  httpUrl,
  integer,
  oneOf,
  operatorToken,
  origin,
  port,
  secret,
  strict,
  text,
  textWhere,
  token,
} from './scalars.js';
import { unitSchema } from './units.js';

/*
 * The settings, with their defaults. Durations are in milliseconds, sizes in bytes.
 * What each is for: docs/CONFIGURATION.md, which a test holds to this file.
 */

const management = strict({
  port: port.default(4000),
  /** Bearer token of `/mcp/admin`; without one it is refused to everybody. */
  admin_token: operatorToken.optional(),
});

const sse = strict({
  port: port.default(4001),
  max_connections: count.default(10_000),
  keep_alive_interval: duration.default(15_000),
  /** Between `heartbeat` events, which clients see; comments keep proxies awake. */
  heartbeat_interval: duration.default(30_000),
  max_body_size: bytes.default(4_194_304),
  /** Replay buffer of one stream, in events and in bytes; whichever is reached first. */
  replay_events: count.default(256),
  replay_bytes: integer(0).default(1_048_576),
});

const websocket = strict({
  port: port.default(4002),
  max_connections: count.default(10_000),
  max_frame_size: bytes.default(4_194_304),
  /** The same for native and Phoenix clients. */
  max_channel_frame: bytes.default(65_536),
  ping_interval: duration.default(30_000),
  pong_timeout: duration.default(10_000),
  compression: flag.default(true),
});

/** Leases per instance. */
const pool = strict({
  size: count.default(100),
  overflow: countOrNone.default(50),
  stdio_size: count.default(8),
  stdio_overflow: countOrNone.default(4),
  checkout_timeout: duration.default(5_000),
  idle_timeout: duration.default(300_000),
});

const routing = strict({
  vnodes: integer(1, 10_000).default(150),
  /** What keeps callers together at one instance. Header names: RFC 9110 §5.6.2. */
  affinity: textWhere('"session", "client_id" or "header:NAME"', value =>
    /^(session|client_id|header:[\w!#$%&'*+.^`|~-]+)$/.test(value),
  ).default('session'),
});

/** When an instance is out, and when it is back. */
const health = strict({
  interval: durationOrNone.default(10_000),
  timeout: duration.default(5_000),
  fall: count.default(3),
  rise: count.default(2),
});

/** How long a call may take, and how the gateway finds out that nobody works at it any more. */
const calls = strict({
  timeout: durationOrNone.default(300_000),
  silence: duration.default(30_000),
  ping_timeout: duration.default(30_000),
  turn_timeout: duration.default(2_000),
});

/** Several units behind one session. */
const federation = strict({
  names: oneOf('prefix', 'priority', 'manual').default('prefix'),
  list_timeout: duration.default(2_000),
  page_size: count.default(1_000),
});

const thresholdRange = 'number above 0 and below 1';

const circuitBreaker = strict({
  /** Share of failed calls that opens a circuit; cockatiel's `SamplingBreaker` takes neither 0 nor 1. */
  threshold: z
    .number({ error: thresholdRange })
    .gt(0, { error: thresholdRange })
    .lt(1, { error: thresholdRange })
    .default(0.5),
  timeout: duration.default(30_000),
});

const jwt = strict({
  secret: secret.optional(),
  jwks_url: httpUrl.optional(),
  issuer: text().optional(),
  audience: text().optional(),
}).superRefine((settings, context) => {
  if ((settings.secret === undefined) === (settings.jwks_url === undefined)) {
    refuse(context, [], 'object with exactly one of secret and jwks_url');
  }
});

const auth = strict({
  token: token.optional(),
  jwt: jwt.optional(),
  allow_anonymous: flag.default(false),
});

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const settings = strict({
  host: bindAddress.default('127.0.0.1'),
  management: management.prefault({}),
  sse: sse.prefault({}),
  websocket: websocket.prefault({}),
  pool: pool.prefault({}),
  routing: routing.prefault({}),
  health: health.prefault({}),
  calls: calls.prefault({}),
  federation: federation.prefault({}),
  circuit_breaker: circuitBreaker.prefault({}),
  limits: limits.prefault({}),
  sessions: sessions.prefault({}),
  delivery: delivery.prefault({}),
  switching: switching.prefault({}),
  regulation: regulation.prefault({}),
  /** How long a unit may take to answer `initialize`. */
  units_start_timeout: duration.default(30_000),
  auth: auth.prefault({}),
  allowed_hosts: z.array(hostHeader, { error: 'array of host names' }).default([]),
  allowed_origins: z.array(origin, { error: 'array of origins' }).default([]),
  trusted_proxies: z.array(addressOrSubnet, { error: 'array of IP addresses or subnets' }).default([]),
  drain_timeout: durationOrNone.default(25_000),
  log_level: z.enum(LOG_LEVELS, { error: LOG_LEVELS.map(level => `"${level}"`).join(', ') }).default('info'),
  prometheus_enabled: flag.default(true),
  units: z.array(unitSchema, { error: 'array of units' }).default([]),
  mcpServers: mcpServersSchema.default([]),
  routes: routesSchema.default([]),
});

type Settings = z.output<typeof settings>;

/** The whole configuration. In the result `mcpServers` has become part of `units`. */
export const gatewaySchema = settings
  .superRefine((config, context) => {
    checkUnits(config, context);
    checkRoutes(config, context);
    checkPorts(config, context);
    checkExposure(config, context);
  })
  .transform(({ mcpServers, ...config }) => ({ ...config, units: [...config.units, ...mcpServers] }));

export type GatewayConfig = z.output<typeof gatewaySchema>;
export type { RouteConfig } from './routes.js';
export type { EchoUnitConfig, HttpUnitConfig, StdioUnitConfig, UnitConfig } from './units.js';

function checkUnits({ units, mcpServers }: Settings, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  const named = [
    ...units.map(({ name }, index) => ({ name, path: ['units', index, 'name'] })),
    ...mcpServers.map(({ name }) => ({ name, path: ['mcpServers', name] })),
  ];
  if (named.length === 0) refuse(context, ['units'], 'at least one unit, in units or in mcpServers');
  for (const { name, path } of named) {
    if (seen.has(name)) refuse(context, path, 'name that no other unit has', name);
    seen.add(name);
  }
}

function checkRoutes({ routes, units, mcpServers }: Settings, context: z.RefinementCtx): void {
  const names = new Set([...units, ...mcpServers].map(({ name }) => name));
  for (const { path, allowed } of routeProblems(routes, names)) refuse(context, ['routes', ...path], allowed);
}

function checkPorts(config: Settings, context: z.RefinementCtx): void {
  const taken = new Set<number>();
  for (const listener of ['management', 'sse', 'websocket'] as const) {
    const { port } = config[listener];
    if (port !== 0 && taken.has(port)) refuse(context, [listener, 'port'], 'port that no other listener has');
    taken.add(port);
  }
}

/** Fails closed: whoever can reach the gateway can run its units' tools. */
function checkExposure({ host, auth }: Settings, context: z.RefinementCtx): void {
  const authenticated = auth.token !== undefined || auth.jwt !== undefined;
  if (authenticated || auth.allow_anonymous || isLoopback(host)) return;
  const remedy = 'set auth.token (MCP_AUTH_TOKEN) or auth.jwt, or auth.allow_anonymous (MCP_ALLOW_ANONYMOUS=true)';
  refuse(context, ['host'], `loopback address as long as clients need no credentials; for any other, ${remedy}`);
}
