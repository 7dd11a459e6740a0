import { applyEnvironment, ENVIRONMENT_VARIABLES, UNUSED_VARIABLES } from './environment.js';

describe('applyEnvironment', () => {
  it.each([
    ['MCP_HOST', ' ::1 ', { host: '::1' }],
    ['MCP_PORT', '0', { management: { port: 0 } }],
    ['MCP_CIRCUIT_BREAKER_THRESHOLD', '.25', { circuit_breaker: { threshold: 0.25 } }],
    ['MCP_ALLOW_ANONYMOUS', 'TRUE', { auth: { allow_anonymous: true } }],
    ['MCP_ALLOW_ANONYMOUS', '0', { auth: { allow_anonymous: false } }],
    ['MCP_TRUSTED_PROXIES', '10.0.0.1, 10.1.0.0/16,', { trusted_proxies: ['10.0.0.1', '10.1.0.0/16'] }],
    ['MCP_RATE_LIMIT', '50', { limits: { messages_refill: 50 } }],
    ['MCP_RATE_LIMIT_PER_CLIENT', '1000', { limits: { messages_per_client: 1000 } }],
    ['MCP_WS_MAX_FRAME_SIZE', '1024', { websocket: { max_channel_frame: 1024 } }],
    ['MCP_AUTH_TOKEN', '', {}],
    ['MCP_AUTH_TOKEN', '  ', {}],
  ])('reads %s=%s', (name, text, expected) => {
    expect(applyEnvironment({}, { [name]: text })).toMatchObject({ value: expected, issues: [], warnings: [] });
  });

  it('overrides the file and leaves its object alone', () => {
    const file = { sse: { port: 1, max_connections: 2 }, host: 'localhost' };
    const { value, variables } = applyEnvironment(file, { MCP_SSE_PORT: '3' });
    expect(value).toEqual({ sse: { port: 3, max_connections: 2 }, host: 'localhost' });
    expect(variables.get('sse.port')).toBe('MCP_SSE_PORT');
    expect(file.sse.port).toBe(1);
  });

  it('does not hide a section of the wrong type', () => {
    expect(applyEnvironment({ sse: 5 }, { MCP_SSE_PORT: '3' }).value).toEqual({ sse: 5 });
    expect(applyEnvironment([], { MCP_SSE_PORT: '3' }).value).toEqual([]);
  });

  it.each([
    ['MCP_PORT', 'abc', 'integer'],
    ['MCP_PORT', '1e3', 'integer'],
    ['MCP_POOL_SIZE', '1.5', 'integer'],
    ['MCP_CIRCUIT_BREAKER_THRESHOLD', 'half', 'number'],
    ['PROMETHEUS_ENABLED', 'yes', '"true" or "false"'],
  ])('refuses %s=%s by name', (name, text, allowed) => {
    expect(applyEnvironment({}, { [name]: text })).toMatchObject({
      value: {},
      issues: [{ path: name, value: text, allowed }],
    });
  });

  it('warns of variables without a use', () => {
    expect(applyEnvironment({}, { REDIS_URL: 'redis://x', DATABASE_URL: '' }).warnings).toEqual([
      'REDIS_URL is set, but this version has no use for it yet',
    ]);
  });

  it('names every variable once', () => {
    const design =
      'MCP_HOST MCP_PORT MCP_SSE_PORT MCP_WS_PORT MCP_TELNET_PORT MCP_GRPC_PORT MCP_POOL_SIZE MCP_OVERFLOW ' +
      'MCP_SSE_MAX_CONNECTIONS MCP_WS_MAX_CONNECTIONS MCP_WS_MAX_FRAME_SIZE MCP_RATE_LIMIT MCP_RATE_LIMIT_PER_CLIENT ' +
      'MCP_MAX_CONNECTIONS_PER_IP MCP_MAX_CONNECTIONS_PER_CLIENT MCP_CIRCUIT_BREAKER_THRESHOLD ' +
      'MCP_CIRCUIT_BREAKER_TIMEOUT MCP_ADMIN_TOKEN MCP_AUTH_TOKEN MCP_TRUSTED_PROXIES SECRET_KEY_BASE DATABASE_URL ' +
      'REDIS_URL OTEL_EXPORTER_OTLP_ENDPOINT PROMETHEUS_ENABLED LOG_LEVEL MCP_ALLOW_ANONYMOUS MCP_REGULATION MCP_POLICY_FILE';
    const known = [...ENVIRONMENT_VARIABLES.map(({ name }) => name), ...UNUSED_VARIABLES];
    expect(known.sort()).toEqual(design.split(' ').sort());
  });
});
