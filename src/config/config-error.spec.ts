import { ConfigError } from './config-error.js';

const messageOf = (path: string, value: unknown): string => new ConfigError([{ path, value, allowed: 'X' }]).message;

describe('ConfigError', () => {
  it.each([
    ['units[0].args', 'stdio', 'units[0].args: got "stdio" (string), allowed: X'],
    ['sse.port', 70_000, 'sse.port: got 70000 (number), allowed: X'],
    ['websocket.compression', true, 'websocket.compression: got true (boolean), allowed: X'],
    ['units', undefined, 'units: got nothing, allowed: X'],
    ['host', null, 'host: got null, allowed: X'],
    ['pool', ['s3cret'], 'pool: got an array of 1, allowed: X'],
    ['pool', { size: 's3cret' }, 'pool: got an object, allowed: X'],
    ['host', 'two\nlines', 'host: got "two\\nlines" (string), allowed: X'],
    ['host', 'x'.repeat(200), `host: got "${'x'.repeat(120)}…" (string), allowed: X`],
  ])('says what %s got: %j', (path, value, message) => {
    expect(messageOf(path, value)).toBe(message);
  });

  it.each([
    'auth.token',
    'auth.jwt.secret',
    'auth',
    'auth.jwt',
    'secret_key_base',
    'MCP_AUTH_TOKEN (auth.token)',
    'SECRET_KEY_BASE (secret_key_base)',
    'units[0].env.DB_PASSWORD',
    'units[0].env.PLAIN',
    'units[0].env',
    'units[0].headers.Authorization',
    'units[0].headers["X-Api-Key"]',
    'mcpServers.github.env.PAT',
    'regulation.webhook.url',
  ])('masks %s, in the issue too', path => {
    for (const value of ['s3cret', 53]) {
      const error = new ConfigError([{ path, value, allowed: 'X' }]);
      expect(error.message).toBe(`${path}: got *** (${typeof value}), allowed: X`);
      expect(error.issues[0]!.value).toBe('***');
    }
  });

  it.each([
    ['ftp://me:s3cret@host/x', '"ftp://***@host/x"'],
    ['ftp://me:s3@cr/et@host/x', '"ftp://***@host/x"'],
    ['me:s3cret@host/x', '"***@host/x"'],
    ['ftp://host/?api_key=s3cret&a=1', '"ftp://host/?api_key=***&a=1"'],
    ['--token s3cret --fast', '"--token *** --fast"'],
  ])('scrubs secrets out of %s', (value, shown) => {
    expect(messageOf('units[0].url', value)).toBe(`units[0].url: got ${shown} (string), allowed: X`);
  });

  it('prints one line per issue, below the file', () => {
    const issues = [
      { path: 'a', value: 1, allowed: 'X' },
      { path: 'b', value: undefined, allowed: 'X', message: 'is odd' },
    ];
    expect(new ConfigError(issues).message).toBe('a: got 1 (number), allowed: X\nb: is odd');
    expect(new ConfigError(issues, '/etc/gateway.yaml').message).toBe(
      '/etc/gateway.yaml cannot be used:\n  a: got 1 (number), allowed: X\n  b: is odd',
    );
  });
});
