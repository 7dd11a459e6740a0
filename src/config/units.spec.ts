import { explain } from './explain.js';
import { ConfigError } from './config-error.js';
import { gatewaySchema } from './schema.js';

const units = [{ name: 'echo', kind: 'echo' }];
const url = 'https://a.example/mcp';
const instance = { url, weight: 1 };
const traits = { stateless: false, trusted: false, lease: 'exclusive', balance: 'ring', aliases: {} };

/** The error's message, or '' for a valid configuration. */
function problems(input: object): string {
  const parsed = gatewaySchema.safeParse(input);
  return parsed.success ? '' : new ConfigError(explain(parsed.error.issues, input, new Map())).message;
}

const unitProblems = (unit: unknown) => problems({ units: [unit] });
const serverProblems = (server: unknown, name = 'srv') => problems({ mcpServers: { [name]: server } });

describe('units', () => {
  it.each([
    [
      { name: 'a', kind: 'mcp', command: 'node' },
      { name: 'a', kind: 'mcp', transport: 'stdio', command: 'node', args: [], env: {}, instances: 1, ...traits },
    ],
    [
      { name: 'a', kind: 'mcp', command: 'node', args: ['x'], env: { A: 'b' }, cwd: 'c', size: 1, overflow: 0 },
      { ...{ name: 'a', kind: 'mcp', transport: 'stdio', command: 'node', args: ['x'], env: { A: 'b' } }, cwd: 'c' },
    ],
    [
      { name: 'a', kind: 'mcp', url },
      { name: 'a', kind: 'mcp', transport: 'auto', urls: [instance], headers: {}, ...traits },
    ],
    [
      { name: 'a', kind: 'mcp', urls: [url, 'http://b:1'], transport: 'http_sse', headers: { A: 'b' }, size: 3 },
      {
        ...{ name: 'a', kind: 'mcp', transport: 'http_sse', headers: { A: 'b' }, size: 3 },
        urls: [instance, { url: 'http://b:1', weight: 1 }],
      },
    ],
    [
      { name: 'a', kind: 'mcp', urls: [{ url, weight: 0.5 }, { url: 'http://b:1' }], balance: 'round_robin' },
      {
        urls: [
          { url, weight: 0.5 },
          { url: 'http://b:1', weight: 1 },
        ],
        balance: 'round_robin',
      },
    ],
    [
      { ...{ name: 'a', kind: 'mcp', command: 'x', instances: 3, stateless: true, trusted: true, lease: 'shared' } },
      { ...traits, instances: 3, stateless: true, trusted: true, lease: 'shared' },
    ],
    [
      { name: 'a', kind: 'mcp', url, balance: 'least_loaded', aliases: { 'get.file': 'get_file' } },
      { ...traits, balance: 'least_loaded', aliases: { 'get.file': 'get_file' } },
    ],
    [
      { name: 'a', kind: 'echo' },
      { name: 'a', kind: 'echo' },
    ],
  ])('take %j', (unit, expected) => {
    expect(gatewaySchema.parse({ units: [unit] }).units).toMatchObject([expected]);
  });

  const mcp = { name: 'a', kind: 'mcp' };
  const local = { ...mcp, command: 'node' };
  const name = 'name of 1 to 32 letters, digits, - and _, starting with a letter or digit, without __';

  it.each([
    ['x', 'units[0]: got "x" (string), allowed: object'],
    [{ name: 'a' }, 'units[0].kind: got nothing, allowed: "mcp" or "echo"'],
    [{ name: 'a', kind: 'grpc' }, 'units[0].kind: got "grpc" (string), allowed: "mcp" or "echo"'],
    [mcp, 'units[0]: got an object, allowed: object with command (a local server) or url (a remote one)'],
    [
      { ...local, url },
      'units[0]: got an object, allowed: either command (a local server) or url (a remote one), not both',
    ],
    [{ ...mcp, url, urls: [url] }, 'units[0]: got an object, allowed: either url or urls, not both'],
    [{ ...mcp, urls: [] }, 'units[0].urls: got an array of 0, allowed: array of at least one URL'],
    [{ ...mcp, url: 'ws://x' }, 'units[0].url: got "ws://x" (string), allowed: http or https URL'],
    [{ ...mcp, urls: [url, 'http://'] }, 'units[0].urls[1]: got "http://" (string), allowed: http or https URL'],
    [
      { ...mcp, urls: [80] },
      'units[0].urls[0]: got 80 (number), allowed: http or https URL, or object with url and weight',
    ],
    [{ ...mcp, urls: [{ weight: 1 }] }, 'units[0].urls[0].url: got nothing, allowed: http or https URL'],
    ...[0, 101, '2'].map((weight): [object, string] => [
      { ...mcp, urls: [{ url, weight }] },
      `units[0].urls[0].weight: got ${JSON.stringify(weight)} (${typeof weight}), allowed: number above 0, at most 100`,
    ]),
    [
      { ...mcp, url, instances: 2 },
      'units[0].instances: unknown key, allowed: name, kind, transport, url, urls, headers, ' +
        'stateless, trusted, lease, balance, aliases, size, overflow',
    ],
    [{ ...local, instances: 0 }, 'units[0].instances: got 0 (number), allowed: integer from 1 to 1000'],
    [{ ...local, stateless: 1 }, 'units[0].stateless: got 1 (number), allowed: true or false'],
    [{ ...local, lease: 'own' }, 'units[0].lease: got "own" (string), allowed: "exclusive" or "shared"'],
    [
      { ...local, balance: 'random' },
      'units[0].balance: got "random" (string), allowed: "ring", "round_robin" or "least_loaded"',
    ],
    [{ ...local, aliases: ['a'] }, 'units[0].aliases: got an array of 1, allowed: object of aliases by name'],
    [
      { ...local, aliases: { read: 'a.b' } },
      'units[0].aliases.read: got "a.b" (string), allowed: alias of 1 to 64 letters, digits, - and _',
    ],
    [
      { ...local, aliases: { read: 'a', write: 'a' } },
      'units[0].aliases: got an object, allowed: object in which no alias is given twice',
    ],
    [{ ...local, args: 'stdio' }, 'units[0].args: got "stdio" (string), allowed: array of strings'],
    [{ ...local, args: ['--port', 80] }, 'units[0].args[1]: got 80 (number), allowed: string'],
    [{ ...local, env: { PORT: 80 } }, 'units[0].env.PORT: got *** (number), allowed: string'],
    [{ ...local, env: ['A=b'] }, 'units[0].env: got an array of 1, allowed: object whose values are strings'],
    [{ ...local, command: '' }, 'units[0].command: got "" (string), allowed: string, not empty'],
    [{ ...local, command: null }, 'units[0].command: got null, allowed: string, not empty'],
    [{ ...local, size: 0 }, 'units[0].size: got 0 (number), allowed: integer of at least 1'],
    [{ ...local, arg: [] }, 'units[0].arg: unknown key, did you mean "args"?'],
    [
      { ...local, transport: 'auto' },
      'units[0].transport: got "auto" (string), allowed: "stdio", or none, beside command',
    ],
    [
      { ...mcp, url, transport: 'sse' },
      'units[0].transport: got "sse" (string), allowed: "auto", "streamable_http" or "http_sse"',
    ],
    [
      { ...mcp, url, headers: { 'X-A': 'b\n' } },
      'units[0].headers.X-A: got *** (string), allowed: string without line breaks',
    ],
    [{ name: 'a', kind: 'echo', size: 1 }, 'units[0].size: unknown key, allowed: name, kind'],
    [{ ...local, name: 'a__b' }, `units[0].name: got "a__b" (string), allowed: ${name}`],
    [{ ...local, name: '-a' }, `units[0].name: got "-a" (string), allowed: ${name}`],
    [{ ...local, name: 'a'.repeat(33) }, `units[0].name: got "${'a'.repeat(33)}" (string), allowed: ${name}`],
    [{ kind: 'echo' }, `units[0].name: got nothing, allowed: ${name}`],
  ])('refuse %j', (unit, message) => {
    expect(unitProblems(unit)).toBe(message);
  });

  it.each([
    [{}, 'units: got nothing, allowed: at least one unit, in units or in mcpServers'],
    [{ units: [] }, 'units: got an array of 0, allowed: at least one unit, in units or in mcpServers'],
    [{ units: {} }, 'units: got an object, allowed: array of units'],
    [
      { mcpServers: { a: { command: 'x', disabled: true } } },
      'units: got nothing, allowed: at least one unit, in units or in mcpServers',
    ],
    [{ units: [...units, ...units] }, 'units[1].name: got "echo" (string), allowed: name that no other unit has'],
    [
      { units, mcpServers: { echo: { command: 'x' } } },
      'mcpServers.echo: got "echo" (string), allowed: name that no other unit has',
    ],
  ])('are at least one, and told apart by name: %j', (input, message) => {
    expect(problems(input)).toBe(message);
  });
});

describe('mcpServers', () => {
  it.each([
    [
      {
        command: 'npx',
        args: ['-y', 'x'],
        env: { A: 'b' },
        cwd: 'c',
        autoApprove: ['t'],
        timeout: 60,
        disabled: false,
      },
      { transport: 'stdio', command: 'npx', args: ['-y', 'x'], env: { A: 'b' }, cwd: 'c', instances: 1, ...traits },
    ],
    [
      { type: 'stdio', command: 'npx' },
      { transport: 'stdio', command: 'npx', args: [], env: {}, instances: 1, ...traits },
    ],
    [
      { command: 'npx', instances: 2, stateless: true, trusted: true, lease: 'shared', aliases: { a: 'b' } },
      {
        ...{ transport: 'stdio', command: 'npx', args: [], env: {}, ...traits },
        ...{ instances: 2, stateless: true, trusted: true, lease: 'shared', aliases: { a: 'b' } },
      },
    ],
    [
      { urls: [url, { url: 'http://b', weight: 2 }], balance: 'round_robin' },
      {
        ...{ transport: 'auto', urls: [instance, { url: 'http://b', weight: 2 }], headers: {} },
        ...{ ...traits, balance: 'round_robin' },
      },
    ],
    [
      { url, headers: { A: 'b' } },
      { transport: 'auto', urls: [instance], headers: { A: 'b' }, ...traits },
    ],
    [
      { type: 'http', url },
      { transport: 'streamable_http', urls: [instance], headers: {}, ...traits },
    ],
    [
      { type: 'streamable-http', url },
      { transport: 'streamable_http', urls: [instance], headers: {}, ...traits },
    ],
    [
      { type: 'sse', url },
      { transport: 'http_sse', urls: [instance], headers: {}, ...traits },
    ],
  ])('become units: %j', (server, unit) => {
    const config = gatewaySchema.parse({ units, mcpServers: { srv: server, off: { disabled: true } } });
    expect(config.units).toEqual([...units, { name: 'srv', kind: 'mcp', ...unit }]);
    expect(config).not.toHaveProperty('mcpServers');
  });

  it.each([
    ['x', 'mcpServers.srv: got "x" (string), allowed: object'],
    [
      { serverUrl: url },
      'mcpServers.srv: got an object, allowed: object with command (a local server) or url (a remote one)',
    ],
    [
      { command: 'x', url },
      'mcpServers.srv: got an object, allowed: either command (a local server) or url (a remote one), not both',
    ],
    [{ command: 'x', args: 'y' }, 'mcpServers.srv.args: got "y" (string), allowed: array of strings'],
    [
      { command: 'x', type: 'sse' },
      'mcpServers.srv.type: got "sse" (string), allowed: "stdio", or none, beside command',
    ],
    [
      { url, type: 'ws' },
      'mcpServers.srv.type: got "ws" (string), allowed: ' +
        '"http", "streamable-http", "streamable_http", "sse", or none, beside url',
    ],
    [{ command: 'x', disabled: 'yes' }, 'mcpServers.srv.disabled: got "yes" (string), allowed: true or false'],
  ])('refuse %j', (server, message) => {
    expect(serverProblems(server)).toBe(message);
  });

  it('refuse a name that no unit can have', () => {
    expect(serverProblems({ command: 'x' }, 'my server')).toMatch(
      /^mcpServers\["my server"\]: got "my server" \(string\), allowed: name of 1 to 32 letters/,
    );
  });

  it('refuse a list', () => {
    expect(problems({ mcpServers: [] })).toBe('mcpServers: got an array of 0, allowed: object of servers by name');
  });
});
