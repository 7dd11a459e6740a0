import { request } from 'node:http';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession, readEvents } from '../support/raw-http.js';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';
const echo = { name: 'echo', kind: 'echo' };
const slow = { name: 'slow', kind: 'mcp', command: process.execPath, args: ['test/fixtures/slow-unit.mjs'] };

const token = (sub: string): Promise<string> =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET));

const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}` });

/** What an upgrade ends in: the subprotocol when it is accepted, else the HTTP status. */
function upgrade(
  url: string,
  protocols: string[] = ['mcp'],
  headers: Record<string, string> = {},
): Promise<string | number> {
  const socket = new WebSocket(url, protocols, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      resolve(socket.protocol);
      socket.terminate();
    });
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!);
      response.destroy();
    });
    socket.on('error', reject);
  });
}

/** A GET with headers that fetch does not let through, such as Host. */
function get(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, response => {
      resolve(response.statusCode!);
      response.destroy();
    });
    sent.on('error', reject).end();
  });
}

describe('the Streamable HTTP door', () => {
  let gateway: RunningGateway;
  let session: RawSession;

  beforeAll(async () => {
    gateway = await startGateway({ units: [echo], sse: { max_body_size: 10_000 } });
    session = new RawSession(gateway.mcpUrl);
    await session.initialize();
  });
  afterAll(() => gateway.stop());

  const ping = { jsonrpc: '2.0', id: 900, method: 'ping' };
  const post = (body: string | object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(gateway.mcpUrl, {
      method: 'POST',
      headers: { ...session.headers(), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it.each([
    ['a request', ping, {}, 200],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/x' }, {}, 202],
    ['a response nobody asked for', { jsonrpc: '2.0', id: 1, result: {} }, {}, 202],
    ['malformed JSON', '{"jsonrpc"', {}, 400],
    ['JSON that is no JSON-RPC', { a: 1 }, {}, 400],
    ['a batch, which this revision does not have', [ping], {}, 400],
    ['a body over the limit', { ...ping, params: { x: 'y'.repeat(10_000) } }, {}, 413],
    ['another content type', ping, { 'content-type': 'text/plain' }, 415],
    ['an Accept without event streams', ping, { accept: 'application/json' }, 406],
    ['an Accept without JSON', ping, { accept: 'text/event-stream' }, 406],
    ['an unknown protocol version', ping, { 'mcp-protocol-version': '1999-01-01' }, 400],
    ['an older protocol version', ping, { 'mcp-protocol-version': '2025-03-26' }, 200],
    ['an unknown session', ping, { 'mcp-session-id': 'nope' }, 404],
    ['an Origin from elsewhere', ping, { origin: 'http://evil.example' }, 403],
    ['an Origin on this machine', ping, { origin: 'http://localhost:5173' }, 200],
    ['a second initialize', { ...ping, method: 'initialize', params: {} }, {}, 200],
  ])('answers %s', async (_, body, headers, status) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    const text = await response.text();
    if (status === 202) expect(text).toBe('');
    else expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0' });
  });

  it('wants a session for everything but initialize', async () => {
    const nobody = new RawSession(gateway.mcpUrl);
    expect((await nobody.post(ping)).status).toBe(400);
    expect((await nobody.get()).status).toBe(400);
    expect((await nobody.delete()).status).toBe(400);
  });

  it('serves GET, POST, DELETE and preflights, and says so', async () => {
    const put = await fetch(gateway.mcpUrl, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE']);
    const origin = 'http://localhost:5173';
    const preflight = await fetch(gateway.mcpUrl, { method: 'OPTIONS', headers: { origin } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  });

  it('opens a GET stream at once, gives its place to a newer one, and ends it with the session', async () => {
    const own = new RawSession(gateway.mcpUrl);
    await own.initialize();
    const first = await own.get();
    expect(first.headers.get('content-type')).toBe('text/event-stream');
    const second = await own.get();
    await readEvents(first);
    expect((await own.delete()).status).toBe(200);
    await readEvents(second);
    expect((await own.post(ping)).status).toBe(404);
    expect((await own.get()).status).toBe(404);
    expect((await own.delete()).status).toBe(404);
  });

  it('takes batches of 2025-03-26 and answers each request of one on the same stream', async () => {
    const old = new RawSession(gateway.mcpUrl, '2025-03-26');
    await old.initialize();
    const call = (id: string) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'echo', arguments: { message: id } },
    });
    const response = await old.post([call('a'), { jsonrpc: '2.0', method: 'notifications/x' }, call('b')]);
    const events = await readEvents(response);
    expect(
      events
        .map(event => event.message?.id)
        .filter(Boolean)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(events.every(event => event.data !== '')).toBe(true);
    expect((await old.post([{ jsonrpc: '2.0', method: 'notifications/x' }])).status).toBe(202);
    expect((await old.post([])).status).toBe(400);
    const twice = await old.post([call('same'), call('same')]);
    expect([twice.status, await twice.text()]).toEqual([400, expect.stringContaining('duplicate_id')]);
  });

  it('refuses an initialize inside a batch', async () => {
    const nobody = new RawSession(gateway.mcpUrl, '2025-03-26');
    expect((await nobody.post([{ ...ping, method: 'initialize', params: {} }])).status).toBe(400);
  });

  it('answers a request whose id is in flight with an error and goes on', async () => {
    const busy = await startGateway({ units: [slow] });
    try {
      const own = new RawSession(busy.mcpUrl);
      await own.initialize();
      const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'work', arguments: { ms: 100 } } };
      const [first, second] = await Promise.all([own.post(call), own.post(call)]);
      const texts = await Promise.all([first.text(), second.text()]);
      expect(texts.filter(text => text.includes('"error":"duplicate_id"'))).toHaveLength(1);
      expect(texts.filter(text => text.includes('"content"'))).toHaveLength(1);
    } finally {
      await busy.stop();
    }
  });
});

describe('each listener', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ units: [echo] });
  });
  afterAll(() => gateway.stop());

  it('serves only its own routes', async () => {
    const { origin: http } = new URL(gateway.mcpUrl);
    const sockets = gateway.wsUrl.replace('ws:', 'http:').replace('/mcp/ws', '');
    const status = (url: string) => fetch(url).then(response => response.status);
    for (const path of ['/health', '/ready', '/metrics', '/mcp/admin', '/mcp/ws', '/']) {
      expect([path, await status(http + path)]).toEqual([path, 404]);
    }
    for (const path of ['/health', '/metrics', '/mcp', '/mcp/sse']) {
      expect([path, await status(sockets + path)]).toEqual([path, 404]);
    }
    for (const path of ['/mcp', '/mcp/sse', '/mcp/messages', '/mcp/ws']) {
      expect([path, await status(gateway.managementUrl + path)]).toEqual([path, 404]);
    }
    for (const path of ['/health', '/ready', '/health/gateway', '/metrics']) {
      expect([path, await status(gateway.managementUrl + path)]).toEqual([path, 200]);
    }
    expect(await status(`${sockets}/mcp/ws`)).toBe(405);
  });

  it('refuses another Host', async () => {
    const host = 'evil.example';
    for (const url of [gateway.mcpUrl, gateway.sseUrl, `${gateway.managementUrl}/metrics`]) {
      expect(await get(url, { host })).toBe(403);
    }
    expect(await upgrade(gateway.wsUrl, ['mcp'], { host })).toBe(403);
    expect(await upgrade(gateway.wsUrl, ['mcp'], { origin: 'http://evil.example' })).toBe(403);
  });

  it('answers an upgrade elsewhere with 404, and one without a subprotocol as MCP by its frames', async () => {
    expect(await upgrade(`${gateway.wsUrl}/nope`)).toBe(404);
    const socket = new WebSocket(gateway.wsUrl);
    const answer = new Promise<string>(resolve => socket.on('message', data => resolve((data as Buffer).toString())));
    socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"ping"}'));
    expect(JSON.parse(await answer)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    socket.terminate();
  });

  it('answers bad frames with errors and keeps the socket; binary frames close it', async () => {
    const socket = new WebSocket(gateway.wsUrl, 'mcp');
    const texts: string[] = [];
    socket.on('message', data => texts.push((data as Buffer).toString()));
    await new Promise(resolve => socket.on('open', resolve));
    for (const frame of [
      '{',
      '7',
      '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
      '{"jsonrpc":"2.0","id":2,"method":"tools/list"}',
    ]) {
      socket.send(frame);
    }
    const closed = new Promise<number>(resolve => socket.on('close', resolve));
    socket.send(Buffer.from([1, 2, 3]));
    expect(await closed).toBe(1003);
    expect(texts.map(text => JSON.parse(text).error.data.error)).toEqual([
      'parse_error',
      'invalid_request',
      'invalid_request',
      'not_initialized',
    ]);
  });
});

describe('with several units', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ units: [echo, { name: 'second', kind: 'echo' }] });
  });
  afterAll(() => gateway.stop());

  it('serves all as one, or the one that is named', async () => {
    expect((await new RawSession(gateway.mcpUrl).initialize()).result.serverInfo.name).toBe('viable');
    const unknown = await new RawSession(`${gateway.mcpUrl}?unit=third`).request('initialize', {});
    expect(unknown.status).toBe(404);
    const named = new RawSession(`${gateway.mcpUrl}?unit=second`);
    expect((await named.initialize()).result.serverInfo.name).toBe('echo');
    expect(await upgrade(gateway.wsUrl)).toBe('mcp');
    expect(await upgrade(`${gateway.wsUrl}?unit=third`)).toBe(404);
    expect(await upgrade(`${gateway.wsUrl}?unit=second`)).toBe('mcp');
  });
});

describe('with credentials configured', () => {
  let gateway: RunningGateway;
  let ann: string;
  let bob: string;

  beforeAll(async () => {
    gateway = await startGateway({ units: [echo], auth: { token: 'static-token', jwt: { secret: SECRET } } });
    [ann, bob] = await Promise.all([token('ann'), token('bob')]);
  });
  afterAll(() => gateway.stop());

  it('wants them on every door', async () => {
    const nobody = await new RawSession(gateway.mcpUrl).request('initialize', {});
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await get(gateway.sseUrl, {})).toBe(401);
    expect(await upgrade(gateway.wsUrl)).toBe(401);
    expect(await get(gateway.sseUrl, bearer('wrong'))).toBe(401);
  });

  it('takes them from the header, the token parameter and the subprotocol', async () => {
    expect(await get(gateway.sseUrl, bearer('static-token'))).toBe(200);
    expect(await get(gateway.sseUrl, bearer(ann))).toBe(200);
    expect(await get(`${gateway.sseUrl}?token=static-token`, {})).toBe(200);
    expect(await upgrade(gateway.wsUrl, ['mcp'], bearer(ann))).toBe('mcp');
    expect(await upgrade(`${gateway.wsUrl}?token=${ann}`)).toBe('mcp');
    const encoded = Buffer.from(ann).toString('base64url');
    expect(await upgrade(gateway.wsUrl, ['mcp', `base64url.bearer.authorization.viable.${encoded}`])).toBe('mcp');
  });

  it('gives a token that came as a parameter back in the endpoint of HTTP+SSE, so that its POSTs get in', async () => {
    const abort = new AbortController();
    const stream = await fetch(`${gateway.sseUrl}?token=static-token`, { signal: abort.signal });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const headers = { 'content-type': 'application/json' };
    const events = await readEvents(stream, event => {
      if (event.event !== 'endpoint') return true;
      expect(event.data).toMatch(/^\/mcp\/messages\?sessionId=[\w-]{43}&token=static-token$/);
      void fetch(new URL(event.data, gateway.sseUrl), { method: 'POST', headers, body });
      return false;
    });
    expect(events[1]!.message).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    abort.abort();
  });

  it("shows one principal nothing of another's session", async () => {
    const hers = new RawSession(gateway.mcpUrl, '2025-11-25', bearer(ann));
    await hers.initialize();
    const thief = new RawSession(gateway.mcpUrl, '2025-11-25', bearer(bob));
    thief.id = hers.id;
    expect((await thief.request('ping')).status).toBe(404);
    expect((await thief.get()).status).toBe(404);
    expect((await thief.delete()).status).toBe(404);
    const unsigned = new RawSession(gateway.mcpUrl);
    unsigned.id = hers.id;
    expect((await unsigned.request('ping')).status).toBe(401);
    expect((await hers.request('ping')).status).toBe(200);
  });
});

describe('with anonymous callers allowed beside others', () => {
  it('still refuses wrong credentials', async () => {
    const gateway = await startGateway({ units: [echo], auth: { token: 'static-token', allow_anonymous: true } });
    try {
      expect((await new RawSession(gateway.mcpUrl).initialize()).result).toBeDefined();
      const wrong = new RawSession(gateway.mcpUrl, '2025-11-25', bearer('wrong'));
      expect((await wrong.request('initialize', {})).status).toBe(401);
    } finally {
      await gateway.stop();
    }
  });
});
