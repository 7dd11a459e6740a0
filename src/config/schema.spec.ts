import { explain } from './explain.js';
import { ConfigError } from './config-error.js';
import { gatewaySchema } from './schema.js';

const units = [{ name: 'echo', kind: 'echo' }];
const url = 'https://a.example/mcp';
const secret = 's'.repeat(32);

/** The error's message, or '' for a valid configuration. */
function problems(input: object): string {
  const parsed = gatewaySchema.safeParse(input);
  return parsed.success ? '' : new ConfigError(explain(parsed.error.issues, input, new Map())).message;
}

describe('defaults', () => {
  it('are those of docs/CONFIGURATION.md', () => {
    expect(gatewaySchema.parse({ units })).toEqual({
      host: '127.0.0.1',
      management: { port: 4000 },
      sse: {
        ...{ port: 4001, max_connections: 10000, keep_alive_interval: 15000, heartbeat_interval: 30000 },
        ...{ max_body_size: 4194304, replay_events: 256, replay_bytes: 1048576 },
      },
      websocket: {
        ...{ port: 4002, max_connections: 10000, max_frame_size: 4194304, max_channel_frame: 65536 },
        ...{ ping_interval: 30000, pong_timeout: 10000, compression: true },
      },
      pool: {
        ...{ size: 100, overflow: 50, stdio_size: 8, stdio_overflow: 4 },
        ...{ checkout_timeout: 5000, idle_timeout: 300000 },
      },
      routing: { vnodes: 150, affinity: 'session' },
      health: { interval: 10000, timeout: 5000, fall: 3, rise: 2 },
      calls: { timeout: 300000, silence: 30000, ping_timeout: 30000, turn_timeout: 2000 },
      federation: { names: 'prefix', list_timeout: 2000, page_size: 1000 },
      circuit_breaker: { threshold: 0.5, timeout: 30000 },
      limits: {
        ...{
          sessions: 10000,
          calls_per_session: 256,
          calls_per_unit: 10000,
          subscriptions_per_session: 256,
          buffered_bytes: 268435456,
        },
        ...{ new_sessions_per_minute: 600, max_unit_message: 67108864, headers_timeout: 10000, request_timeout: 30000 },
        ...{ handshake_timeout: 10000, messages_per_client: 100, messages_refill: 100 },
        ...{ connections_per_client: 5, connections_per_ip: 10, connects_per_minute: 600 },
        ...{ joins_per_minute: 600, publishes_per_minute: 600000 },
      },
      sessions: { idle_timeout: 1800000, resume_ttl: 3600000 },
      delivery: {
        ...{ window_half: 50, window_full: 100, rate: 5000, lag: 5000, bundle: 1000, socket_buffer: 1048576 },
        ...{ outbox_messages: 10000, outbox_bytes: 16777216, replay_messages: 256, replay_bytes: 1048576 },
        ...{ silent_window: 100 },
      },
      switching: { window: 60000, max: 3 },
      regulation: { enabled: true, interval: 500, report_interval: 10000, audit_interval: 30000 },
      units_start_timeout: 30000,
      auth: { allow_anonymous: false },
      allowed_hosts: [],
      allowed_origins: [],
      trusted_proxies: [],
      drain_timeout: 25000,
      log_level: 'info',
      prometheus_enabled: true,
      units,
      routes: [],
    });
  });
});

describe('settings', () => {
  it.each([
    [{ management: { port: 0 }, sse: { port: 65535 }, websocket: { port: 0 } }],
    [{ pool: { overflow: 0 }, drain_timeout: 0 }],
    [{ auth: { token: 't', jwt: { secret, issuer: 'i', audience: 'a' } } }],
    [{ auth: { jwt: { jwks_url: 'https://id.example/jwks' } }, host: '0.0.0.0' }],
    [{ auth: { token: 't' }, host: '::' }],
    [{ auth: { allow_anonymous: true }, host: 'gateway.example' }],
    [{ host: 'localhost', log_level: 'silent' }],
    [{ routing: { affinity: 'client_id' }, health: { interval: 0 }, calls: { timeout: 0 } }],
    [{ routing: { affinity: 'header:Mcp-Param-Region' }, federation: { names: 'manual' } }],
    [
      {
        routes: [
          { type: 'chat', unit: 'echo' },
          { type: 'chat.*', unit: 'echo', tool: 'say' },
          { type: '*', unit: 'echo' },
        ],
      },
    ],
    [{ mcpServers: { more: { command: 'x' } }, routes: [{ type: 'chat', unit: 'more' }] }],
    [{ delivery: { window_half: 100 }, switching: { max: 1 } }],
    [{ trusted_proxies: ['10.0.0.1', '10.0.0.0/8', 'fd00::/8'] }],
    [{ allowed_hosts: ['gw.example', 'gw.example:4001'], allowed_origins: ['http://localhost:3000'] }],
  ])('allow %j', input => {
    expect(problems({ units, ...input })).toBe('');
  });

  it('compares hosts and origins in lower case', () => {
    const input = { units, allowed_hosts: ['GW.example'], allowed_origins: ['HTTPS://App.example'] };
    expect(gatewaySchema.parse(input)).toMatchObject({
      allowed_hosts: ['gw.example'],
      allowed_origins: ['https://app.example'],
    });
  });

  const exposed =
    'allowed: loopback address as long as clients need no credentials; for any other, ' +
    'set auth.token (MCP_AUTH_TOKEN) or auth.jwt, or auth.allow_anonymous (MCP_ALLOW_ANONYMOUS=true)';

  const routeType =
    'allowed: message type, perhaps with * at its end, other than hello, ack, heartbeat, ping, subscribe, unsubscribe';

  it.each([
    [{ sse: { port: 65536 } }, 'sse.port: got 65536 (number), allowed: integer from 0 to 65535'],
    [{ sse: { port: -1.5 } }, 'sse.port: got -1.5 (number), allowed: integer from 0 to 65535'],
    [{ sse: { port: '4001' } }, 'sse.port: got "4001" (string), allowed: integer from 0 to 65535'],
    [{ sse: { port: 4000 } }, 'sse.port: got 4000 (number), allowed: port that no other listener has'],
    [{ sse: 4001 }, 'sse: got 4001 (number), allowed: object'],
    [{ sse: { max_connections: 0 } }, 'sse.max_connections: got 0 (number), allowed: integer of at least 1'],
    [{ pool: { overflow: -1 } }, 'pool.overflow: got -1 (number), allowed: integer of at least 0'],
    [{ drain_timeout: 2 ** 31 }, 'drain_timeout: got 2147483648 (number), allowed: integer from 0 to 2147483647'],
    [
      { circuit_breaker: { threshold: 1 } },
      'circuit_breaker.threshold: got 1 (number), allowed: number above 0 and below 1',
    ],
    [{ websocket: { compression: 'no' } }, 'websocket.compression: got "no" (string), allowed: true or false'],
    [
      { log_level: 'loud' },
      'log_level: got "loud" (string), allowed: "trace", "debug", "info", "warn", "error", "fatal", "silent"',
    ],
    [{ host: 'a b' }, 'host: got "a b" (string), allowed: IP address or host name'],
    [{ host: '0.0.0.0' }, `host: got "0.0.0.0" (string), ${exposed}`],
    [{ host: 'gateway.example' }, `host: got "gateway.example" (string), ${exposed}`],
    [
      { auth: { token: 'a b' } },
      'auth.token: got *** (string), allowed: string without spaces or line breaks, not empty',
    ],
    [{ auth: { jwt: {} } }, 'auth.jwt: got an object, allowed: object with exactly one of secret and jwks_url'],
    [
      { auth: { jwt: { secret, jwks_url: url } } },
      'auth.jwt: got an object, allowed: object with exactly one of secret and jwks_url',
    ],
    [
      { auth: { jwt: { secret: 'short' } } },
      'auth.jwt.secret: got *** (string), allowed: string of at least 32 characters',
    ],
    [
      { auth: { jwt: { secret: 'short' } } },
      'auth.jwt.secret: got *** (string), allowed: string of at least 32 characters',
    ],
    [
      { trusted_proxies: ['10.0.0.0/33'] },
      'trusted_proxies[0]: got "10.0.0.0/33" (string), allowed: IP address or subnet such as 10.0.0.0/8',
    ],
    [
      { allowed_origins: ['https://a.example/'] },
      'allowed_origins[0]: got "https://a.example/" (string), allowed: origin such as https://app.example, without path',
    ],
    [{ sse: { prot: 1 } }, 'sse.prot: unknown key, did you mean "port"?'],
    [{ webSocket: {} }, 'webSocket: unknown key, did you mean "websocket"?'],
    [{ routing: { colour: 1 } }, 'routing.colour: unknown key, allowed: vnodes, affinity'],
    ...['header:', 'header:a b', 'Session', 'header:X-A\n'].map((affinity): [object, string] => [
      { routing: { affinity } },
      `routing.affinity: got ${JSON.stringify(affinity)} (string), allowed: "session", "client_id" or "header:NAME"`,
    ]),
    [{ health: { fall: 0 } }, 'health.fall: got 0 (number), allowed: integer of at least 1'],
    [{ calls: { silence: 0 } }, 'calls.silence: got 0 (number), allowed: integer from 1 to 2147483647'],
    [
      { federation: { names: 'suffix' } },
      'federation.names: got "suffix" (string), allowed: "prefix", "priority" or "manual"',
    ],
    [
      { delivery: { window_half: 101 } },
      'delivery.window_half: got 101 (number), allowed: integer that is at most window_full',
    ],
    [{ switching: { max: 0 } }, 'switching.max: got 0 (number), allowed: integer of at least 1'],
    [
      { routes: [{ type: 'chat', unit: 'nobody' }] },
      'routes[0].unit: got "nobody" (string), allowed: name of a unit that is configured',
    ],
    [
      { mcpServers: { off: { command: 'x', disabled: true } }, routes: [{ type: 'chat', unit: 'off' }] },
      'routes[0].unit: got "off" (string), allowed: name of a unit that is configured',
    ],
    [
      {
        routes: [
          { type: 'a*', unit: 'echo' },
          { type: 'a*', unit: 'echo' },
        ],
      },
      'routes[1].type: got "a*" (string), allowed: type that no other route has',
    ],
    [{ routes: [{ unit: 'echo' }] }, `routes[0].type: got nothing, ${routeType}`],
    ...['', 'a*b', '**', 'ack'].map((type): [object, string] => [
      { routes: [{ type, unit: 'echo' }] },
      `routes[0].type: got ${JSON.stringify(type)} (string), ${routeType}`,
    ]),
    [{ routes: {} }, 'routes: got an object, allowed: array of routes'],
    [{ auth: { tokn: 's3cret' } }, 'auth.tokn: unknown key, did you mean "token"?'],
    [
      { sse: { port: 'x' }, pool: { size: 0 } },
      'sse.port: got "x" (string), allowed: integer from 0 to 65535\n' +
        'pool.size: got 0 (number), allowed: integer of at least 1',
    ],
  ])('refuse %j', (input, message) => {
    expect(problems({ units, ...input })).toBe(message);
  });
});
