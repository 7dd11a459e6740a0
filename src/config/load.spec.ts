import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from './config-error.js';
import { CONFIG_FILES, loadConfig, parseConfig } from './load.js';

const units = [{ name: 'echo', kind: 'echo' }];
const document = (name: string) => `units: [{ name: ${name}, kind: echo }]\n`;

function errorOf(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('parseConfig', () => {
  const parse = (input: unknown, env: NodeJS.ProcessEnv = {}) => parseConfig(input, env, '/base');

  it('puts the environment over the input and returns warnings', () => {
    const { config, warnings } = parse({ units, sse: { port: 1 } }, { MCP_SSE_PORT: '2', MCP_GRPC_PORT: '3' });
    expect(config.sse.port).toBe(2);
    expect(warnings).toEqual(['MCP_GRPC_PORT is set, but this version has no use for it yet']);
  });

  it('takes a heading with nothing below it as absent', () => {
    expect(parse({ units, sse: null, auth: null }, { MCP_AUTH_TOKEN: 't' }).config).toMatchObject({
      sse: { port: 4001 },
      auth: { token: 't' },
    });
  });

  it.each([
    [undefined, '/base'],
    ['srv', '/base/srv'],
    ['../srv', '/srv'],
    ['/srv', '/srv'],
    ['${DIR}', '/base/from-env'],
  ])('resolves cwd %s to %s', (cwd, expected) => {
    const server = { command: 'x', ...(cwd === undefined ? {} : { cwd }) };
    const input = { units: [{ name: 'a', kind: 'mcp', ...server }], mcpServers: { b: server } };
    expect(parse(input, { DIR: 'from-env' }).config.units).toMatchObject([{ cwd: expected }, { cwd: expected }]);
  });

  it('validates what the variables make of it, and shows what was written', () => {
    const input = { units: [{ name: 'a', kind: 'mcp', url: '${URL}' }] };
    expect(parse(input, { URL: 'http://x' }).config.units).toMatchObject([{ urls: [{ url: 'http://x', weight: 1 }] }]);
    expect(errorOf(() => parse(input, { URL: 's3cret' })).message).toBe(
      'units[0].url: got "${URL}" (string), allowed: http or https URL',
    );
  });

  it.each([
    [{ units }, { MCP_PORT: 'abc' }, 'MCP_PORT: got "abc" (string), allowed: integer'],
    [
      { units },
      { MCP_PORT: '70000' },
      'MCP_PORT (management.port): got 70000 (number), allowed: integer from 0 to 65535',
    ],
    [
      { units },
      { MCP_TRUSTED_PROXIES: '10.0.0.1,lb' },
      'MCP_TRUSTED_PROXIES (trusted_proxies[1]): got "lb" (string), allowed: IP address or subnet such as 10.0.0.0/8',
    ],
    [
      { units },
      { MCP_AUTH_TOKEN: 'a b' },
      'MCP_AUTH_TOKEN (auth.token): got *** (string), allowed: string without spaces or line breaks, not empty',
    ],
    [
      { units: [{ name: 'a', kind: 'mcp', url: '${UNSET}' }] },
      {},
      'units[0].url: the variable UNSET is not set; allowed: variable that is set, or ${UNSET:-default}',
    ],
    [null, {}, 'units: got nothing, allowed: at least one unit, in units or in mcpServers'],
    [[], {}, 'configuration: got an array of 0, allowed: object'],
    ['text', {}, 'configuration: got "text" (string), allowed: object'],
  ])('refuses %j with %j', (input, env, message) => {
    expect(errorOf(() => parse(input, env)).message).toBe(message);
  });

  it('refuses to listen beyond loopback without authentication, by whichever way the host came', () => {
    const env = { MCP_HOST: '0.0.0.0' };
    expect(errorOf(() => parse({ units }, env)).message).toMatch(
      /^MCP_HOST \(host\): got "0\.0\.0\.0".*MCP_AUTH_TOKEN.*MCP_ALLOW_ANONYMOUS=true/,
    );
    expect(errorOf(() => parse({ units }, { ...env, MCP_AUTH_TOKEN: '' })).message).toMatch(/^MCP_HOST/);
    expect(parse({ units }, { ...env, MCP_ALLOW_ANONYMOUS: 'true' }).config.host).toBe('0.0.0.0');
    expect(parse({ units }, { ...env, MCP_AUTH_TOKEN: 't' }).config.host).toBe('0.0.0.0');
  });
});

describe('loadConfig', () => {
  let cwd: string;
  const write = (name: string, text: string): string => {
    const path = join(cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const load = (options: { path?: string; env?: NodeJS.ProcessEnv } = {}) => loadConfig({ env: {}, cwd, ...options });

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'viable-config-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  it('prefers the given path, then MCP_GATEWAY_CONFIG, then the known names in their order', () => {
    const env = { MCP_GATEWAY_CONFIG: 'conf/env.yaml' };
    write('conf/given.yaml', document('given'));
    write('conf/env.yaml', document('env'));
    for (const name of [...CONFIG_FILES].reverse()) {
      write(name, JSON.stringify({ units: [{ name: name.replace('.', '-'), kind: 'echo' }] }));
      expect(load()).toMatchObject({ source: join(cwd, name), config: { units: [{ name: name.replace('.', '-') }] } });
    }
    expect(load({ env })).toMatchObject({ source: join(cwd, 'conf/env.yaml'), config: { units: [{ name: 'env' }] } });
    expect(load({ env, path: 'conf/given.yaml' }).config.units).toMatchObject([{ name: 'given' }]);
    expect(load({ env: { MCP_GATEWAY_CONFIG: '' } }).source).toBe(join(cwd, 'gateway.yaml'));
  });

  it('starts relative cwds at the folder of the file', () => {
    write('conf/mcp.json', '{\n\t"mcpServers": {\n\t\t"a": { "command": "x", "cwd": "srv" }\n\t}\n}');
    expect(load({ path: 'conf/mcp.json' }).config.units).toMatchObject([{ cwd: join(cwd, 'conf/srv') }]);
  });

  it('says what to create when there is no file', () => {
    expect(errorOf(() => load()).message).toBe(
      `${cwd}: none of gateway.yaml, gateway.yml, gateway.json, mcp.json is here; create gateway.yaml with at least ` +
        'one unit, such as "units: [{ name: echo, kind: echo }]", or name a file with MCP_GATEWAY_CONFIG',
    );
  });

  it('heads issues with the file', () => {
    const source = write('gateway.yaml', `sse: { prot: 1 }\n${document('echo')}`);
    expect(errorOf(() => load())).toMatchObject({
      source,
      message: `${source} cannot be used:\n  sse.prot: unknown key, did you mean "port"?`,
      issues: [{ path: 'sse.prot' }],
    });
  });

  const laughs = [
    'a: &a [x]',
    ...[...'bcd'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abc'[i]}`).join()}]`),
  ];

  it.each([
    ['gateway.yaml', 'host: a\nhost: b', /line 2, column 1: Map keys must be unique/],
    ['gateway.json', '{ "host": "a", "host": "b" }', /line 1, column 16: Map keys must be unique/],
    ['gateway.json', '{ "admin_token": s3cret }', /line 1, column 18: Unresolved plain scalar "…"/],
    ['gateway.yaml', 'units: [', /line 1, column 9: Flow sequence/],
    ['gateway.yaml', 'host: !secret x', /line 1, column 7: Unresolved tag/],
    ['gateway.yaml', 'a: 1\n---\nb: 2', /multiple documents/],
    ['gateway.yaml', laughs.join('\n'), /Excessive alias count/],
    ['gateway.yaml', 'host: *nobody', /Unresolved alias/],
    [
      'gateway.yaml',
      'units: [{ name: a, kind: mcp, urls: &u [*u] }]',
      /urls\[0\]: got an array of 1, allowed: http or/,
    ],
    ['gateway.yaml', 'units: &u [*u]', /units\[0\]: got an array of 1, allowed: object/],
    ['gateway.yaml', '', /units: got nothing, allowed: at least one unit/],
  ])('refuses %s that reads %j', (name, text, message) => {
    write(name, text);
    const error = errorOf(() => load());
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('s3cret');
  });

  it.each(['missing.yaml', '.'])('says why it cannot read %s', path => {
    expect(errorOf(() => load({ path })).message).toMatch(/cannot be used:\n {2}file: (ENOENT|EISDIR)/);
  });
});
