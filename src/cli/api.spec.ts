import { createServer, RequestListener, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Api } from './api.js';
import { EXIT, Failure } from './exit.js';

const TOKEN = 'the-token-of-this-test';
let server: Server | undefined;
const abort = new AbortController();

interface Given {
  timeout?: number;
  token?: string;
}

async function apiOf(listener: RequestListener, { timeout = 2_000, token }: Given = { token: TOKEN }): Promise<Api> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise(done => server?.once('listening', done));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return new Api({ url, token, user: 'tester', timeout, signal: abort.signal });
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (err: unknown) => err,
  );
  expect(thrown).toBeInstanceOf(Failure);
  expect(JSON.stringify([(thrown as Failure).message, (thrown as Failure).hint])).not.toContain(TOKEN);
  return thrown as Failure;
}

const refusing =
  (status: number, error: string, retry_after: number | null = null): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(JSON.stringify({ error, reason: error, message: 'No.', retry_after }));

describe('the administration over HTTP', () => {
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('sends the token and JSON, and gives the parsed answer', async () => {
    const seen: unknown[] = [];
    const api = await apiOf((request, response) => {
      let body = '';
      request.on('data', chunk => (body += String(chunk)));
      request.on('end', () => {
        const { authorization, 'content-type': type } = request.headers;
        seen.push([request.method, request.url, authorization, type, body]);
        response.end('{"a":1}');
      });
    });
    expect(await api.get('/mcp/stats')).toEqual({ a: 1 });
    expect(await api.send('DELETE', '/mcp/x?y=1', { why: 'x' })).toEqual({ a: 1 });
    expect(seen).toEqual([
      ['GET', '/mcp/stats', `Bearer ${TOKEN}`, undefined, ''],
      ['DELETE', '/mcp/x?y=1', `Bearer ${TOKEN}`, 'application/json', '{"why":"x"}'],
    ]);
  });

  it.each([
    [400, 'invalid_message', EXIT.invalid],
    [413, 'message_too_large', EXIT.invalid],
    [401, 'unauthenticated', EXIT.denied],
    [403, 'forbidden', EXIT.denied],
    [404, 'client_not_found', EXIT.missing],
    [404, 'not_found', EXIT.unreachable],
    [405, 'method_not_allowed', EXIT.unreachable],
    [409, 'conflict', EXIT.later],
    [429, 'rate_limit_exceeded', EXIT.later],
    [503, 'overloaded', EXIT.later],
    [500, 'internal_error', EXIT.defect],
  ])('%d %s ends with %d', async (status, error, code) => {
    const failure = await failureOf((await apiOf(refusing(status, error))).get('/mcp/stats'));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toBe('');
  });

  it('says what to try', async () => {
    const hintOf = async (listener: RequestListener, token?: string): Promise<string> =>
      (await failureOf((await apiOf(listener, { token })).get('/mcp/stats'))).hint ?? '';
    expect(await hintOf(refusing(401, 'unauthenticated'))).toMatch(/Set MCP_ADMIN_TOKEN/);
    expect(await hintOf(refusing(401, 'unauthenticated'), TOKEN)).toMatch(/not this gateway's/);
    expect(await hintOf(refusing(429, 'rate_limit_exceeded', 42_000), TOKEN)).toBe('Try again in 42s.');
  });

  it.each([
    ['a page', (_: unknown, response: any) => response.end('<html>hello</html>')],
    ['an error of something else', (_: unknown, response: any) => response.writeHead(502).end('<html>bad</html>')],
    ['a door', (_: unknown, response: any) => response.writeHead(404).end('{"error":{"code":-32600}}')],
    [
      'a redirection',
      (_: unknown, response: any) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['an end without an answer', (request: any) => request.socket.destroy()],
    ['half an answer', (_: unknown, response: any) => response.write('{"a"', () => response.destroy())],
  ])('takes %s for no gateway', async (_, listener) => {
    expect((await failureOf((await apiOf(listener)).get('/mcp/stats'))).code).toBe(EXIT.unreachable);
  });

  it('waits for a sign of life, not for the end', async () => {
    const api = await apiOf(
      (_, response) => {
        const parts = ['{', '"a"', ':', '1', '}'];
        const timer = setInterval(() => {
          response.write(parts.shift());
          if (parts.length > 0) return;
          clearInterval(timer);
          response.end();
        }, 100);
      },
      { timeout: 300 },
    );
    expect(await api.get('/slow')).toEqual({ a: 1 });
  });

  it('gives up what does not answer, before and in the middle', async () => {
    for (const listener of [() => undefined, (_: unknown, response: any) => void response.write('{')]) {
      const failure = await failureOf((await apiOf(listener, { timeout: 100 })).get('/never'));
      expect([failure.code, failure.message]).toEqual([EXIT.unreachable, expect.stringContaining('within 100 ms')]);
    }
  });

  it('waits longer where it is told to', async () => {
    const api = await apiOf((_, response) => void setTimeout(() => response.end('{}'), 250), { timeout: 100 });
    expect(await api.send('POST', '/profile', {}, 1_000)).toEqual({});
  });

  it('does not read without end', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const api = await apiOf((_, response) => {
      const more = (): void => void (response.destroyed || response.write(chunk, more));
      more();
    });
    expect((await failureOf(api.get('/endless'))).message).toContain('larger than 16777216 bytes');
  });

  it('says that nothing listens', async () => {
    const api = await apiOf(() => undefined);
    await new Promise(done => server!.close(done));
    const failure = await failureOf(api.get('/mcp/stats'));
    expect([failure.code, failure.message]).toEqual([
      EXIT.unreachable,
      expect.stringContaining('nothing listens there'),
    ]);
    expect(failure.hint).toContain('--url');
  });
});
