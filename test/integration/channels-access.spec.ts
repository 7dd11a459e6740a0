import { SignJWT } from 'jose';
import { EventClient, messagesOf, metricOf, NativeClient, PhoenixClient, publish } from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';
const units = [{ name: 'echo', kind: 'echo' }];

const jwt = (sub: string, claims: object = {}, expires: string | number = '1h'): Promise<string> =>
  new SignJWT({ sub, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(SECRET));

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('channels: credentials', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({
      units,
      auth: { jwt: { secret: SECRET }, token: 'the-static-token' },
      sessions: { idle_timeout: 300 },
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const expired = (): Promise<string> => jwt('alice', {}, Math.floor(Date.now() / 1000) - 60);

  async function refusal(hello: object): Promise<any> {
    const client = await NativeClient.open(gateway.wsUrl);
    client.send({ type: 'hello', data: hello });
    expect(await client.ended()).toEqual({ code: 1008, reason: 'refused' });
    return client.errors.at(-1);
  }

  it('that are missing, wrong or old are refused on each wire, by a name that says which', async () => {
    const cases = [
      [{}, 'invalid_token', 'unauthenticated'],
      [{ token: 'wrong' }, 'invalid_token', 'unauthenticated'],
      [{ token: await jwt('alice').then(token => `${token.slice(0, -4)}AAAA`) }, 'invalid_token', 'unauthenticated'],
      [{ token: await expired() }, 'token_expired', 'token_expired'],
    ] as const;
    for (const [credentials, reason, code] of cases) {
      const refused = { error: 'authentication_failed', reason, message: expect.any(String), retry_after: null };
      expect(await refusal({ client_id: id, ...credentials })).toEqual({ type: 'error', id: null, ...refused });

      const phoenix = await PhoenixClient.open(gateway.wsUrl, credentials);
      expect(await phoenix.push('phx_join', { client_id: id })).toEqual({ status: 'error', response: refused });
      expect((await phoenix.push('heartbeat', {}, 'phoenix')).status).toBe('ok');
      phoenix.leave();

      const { response } = await EventClient.request(gateway.sseUrl, { client_id: id, ...credentials });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toMatchObject({ error: code });

      const query = `?${new URLSearchParams(credentials).toString()}`;
      const published = await publish(gateway.mcpUrl, messagesOf(id) + query, { payload: 1 });
      expect(published).toMatchObject({ status: 401, body: { error: code } });
    }
    expect(await metricOf(gateway.managementUrl, 'gateway_sessions')).toBe(0);
  });

  it('may be fresh ones for a Phoenix client that was refused, on the same socket', async () => {
    const client = await PhoenixClient.open(gateway.wsUrl, { token: await expired() });
    const first = await client.push('phx_join', { client_id: id });
    expect(first.response).toMatchObject({ error: 'authentication_failed', reason: 'token_expired' });
    expect(await client.push('message', { type: 'chat' })).toMatchObject({ response: { error: 'unmatched_topic' } });
    const second = await client.push('phx_join', { client_id: id, token: await jwt('alice') });
    expect(second).toMatchObject({ status: 'ok', response: { client_id: id } });
    expect((await client.push('message', { type: 'chat' })).status).toBe('ok');
    client.leave();
  });

  it('are not guessed at without end on one socket', async () => {
    const client = await PhoenixClient.open(gateway.wsUrl);
    for (let i = 1; i < 10; i++) {
      const reply = await client.push('phx_join', { client_id: id, token: `guess ${i}` });
      expect(reply.response).toMatchObject({ reason: 'invalid_token' });
    }
    expect(client.closed).toBeUndefined();
    void client.push('phx_join', { client_id: id, token: 'guess 10' });
    await until(() => client.closed !== undefined, 'the end of it');
    expect(client.closed).toEqual({ code: 1008, reason: 'refused' });
  });

  it('come in the URL, in a header, as a subprotocol, or in the hello', async () => {
    const token = await jwt('alice');
    const clients = [
      await NativeClient.open(gateway.wsUrl, { client_id: `${id}-a`, token }),
      await NativeClient.open(gateway.wsUrl, { client_id: `${id}-b` }, bearer(token)),
      await NativeClient.join(gateway.wsUrl, { client_id: `${id}-c`, token: 'the-static-token' }),
      await EventClient.open(gateway.sseUrl, { client_id: `${id}-d` }, bearer(token)),
    ];
    for (const client of clients) {
      await client.joined();
      client.leave();
    }
    const phoenix = await PhoenixClient.open(gateway.wsUrl, {}, token);
    expect((await phoenix.push('phx_join', { client_id: `${id}-p` })).status).toBe('ok');
    phoenix.leave();
    const stream = await EventClient.open(gateway.sseUrl, { client_id: `${id}-e`, token });
    expect(await stream.say({ id: 1, type: 'ping' })).toMatchObject({ type: 'ack' });
    const { endpoint } = stream.welcome;
    const path = new URL(endpoint, gateway.sseUrl);
    const post = (address: URL, headers = {}): Promise<Response> =>
      fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"type":"ping"}',
      });
    path.searchParams.delete('token');
    expect((await post(path)).status).toBe(401);
    expect((await post(path, bearer(await jwt('mallory')))).status).toBe(404);
    stream.leave();
  });

  it('give the role and scopes that they say, and no more', async () => {
    const asked = { role: 'node', scopes: ['presence', 'alarms'] };
    const join = async (name: string, claims: object): Promise<NativeClient> =>
      NativeClient.join(gateway.wsUrl, { client_id: `${id}-${name}`, ...asked, token: await jwt(name, claims) });
    const clients = {
      plain: await join('plain', {}),
      scoped: await join('scoped', { scope: 'presence other' }),
      node: await join('node', { role: 'node', scopes: ['alarms'] }),
      operator: await join('operator', { role: 'operator' }),
    };
    const reached = async (audience: object): Promise<string[]> => {
      const { body } = await publish(
        gateway.mcpUrl,
        'broadcast',
        { payload: 1, ...audience },
        bearer('the-static-token'),
      );
      return body.results.map(({ client_id }: any) => client_id.slice(id.length + 1)).sort();
    };
    expect(await reached({ role: 'node' })).toEqual(['node', 'operator']);
    expect(await reached({ scope: 'presence' })).toEqual(['operator', 'scoped']);
    expect(await reached({ scope: 'alarms' })).toEqual(['node', 'operator']);
    for (const client of Object.values(clients)) client.leave();
  });

  it('decide who may publish', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id, token: await jwt('alice') });
    const send = async (token: string): Promise<[number, string | undefined]> => {
      const { status, body } = await publish(gateway.mcpUrl, messagesOf(id), { payload: 1 }, bearer(token));
      return [status, body.error];
    };
    expect(await send(await jwt('alice'))).toEqual([403, 'forbidden']);
    expect(await send(await jwt('bob', { role: 'node', scope: 'presence' }))).toEqual([403, 'forbidden']);
    expect(await send(await jwt('bob', { scope: 'publish' }))).toEqual([200, undefined]);
    expect(await send(await jwt('bob', { scopes: ['*'] }))).toEqual([200, undefined]);
    expect(await send(await jwt('bob', { role: 'operator' }))).toEqual([200, undefined]);
    expect(await send('the-static-token')).toEqual([200, undefined]);
    await client.got(4);
    client.leave();
  });

  it('of one publisher do not use up the ids of another', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id, token: await jwt('alice') });
    for (const name of ['bob', 'carol', 'bob']) {
      const headers = bearer(await jwt(name, { scope: 'publish' }));
      await publish(gateway.mcpUrl, messagesOf(id), { payload: name, id: `same-${id}` }, headers);
    }
    await client.got(2);
    expect(client.bodies).toEqual(['bob', 'carol']);
    client.leave();
  });

  it('keep a client_id, and the tokens of its session, for the principal that has it', async () => {
    const alice = await NativeClient.join(gateway.wsUrl, { client_id: id, token: await jwt('alice') });
    const mallory = await jwt('mallory');
    const { resume_token } = alice.welcome;
    const attempts: [hello: object, error: string][] = [
      [{ client_id: id }, 'forbidden'],
      [{ client_id: id, session: 'new' }, 'forbidden'],
      [{ resume_token }, 'invalid_resume_token'],
      [{ client_id: id, resume_token }, 'invalid_resume_token'],
    ];
    for (const [hello, error] of attempts) {
      expect(await refusal({ ...hello, token: mallory })).toMatchObject({ error });
      const { response } = await EventClient.request(gateway.sseUrl, { ...hello, token: mallory });
      expect([response.status, await response.json()]).toMatchObject([403, { error }]);
    }
    expect(alice.isClosed).toBe(false);
    const again = await NativeClient.join(gateway.wsUrl, { resume_token, token: await jwt('alice') });
    await alice.ended();
    again.leave();
  });

  it('leave no session behind where the client does not wait to be let in', async () => {
    for (let i = 0; i < 20; i++) {
      // A token that was never seen takes a moment to verify.
      const hello = { client_id: `${id}-${i}`, token: await jwt(`hasty-${i}`) };
      const socket = await NativeClient.open(gateway.wsUrl);
      socket.send({ type: 'hello', data: hello });
      socket.cut();
      const abort = new AbortController();
      const query = new URLSearchParams({ ...hello, client_id: `${id}-s${i}` }).toString();
      const stream = fetch(`${gateway.sseUrl}?${query}`, { signal: abort.signal }).catch(() => undefined);
      setImmediate(() => abort.abort());
      await stream;
    }
    const sessions = (): Promise<number> => metricOf(gateway.managementUrl, 'gateway_sessions');
    await until(async () => (await sessions()) === 0, 'no session left');
    expect(await metricOf(gateway.managementUrl, 'gateway_connections')).toBe(0);
  });
});

describe('channels: callers without credentials, from elsewhere', () => {
  it('may receive, and neither publish nor be more than they are', async () => {
    const gateway = await startGateway({ units, trusted_proxies: ['127.0.0.1'] });
    const elsewhere = { 'x-forwarded-for': '203.0.113.1' };
    const hello = { client_id: 'far', role: 'operator', scopes: ['presence', '*'], topics: ['t'] };
    const far = await NativeClient.join(gateway.wsUrl, hello, elsewhere);
    const near = await NativeClient.join(gateway.wsUrl, { client_id: 'near' });
    expect(await publish(gateway.mcpUrl, messagesOf('near'), { payload: 1 }, elsewhere)).toMatchObject({ status: 403 });
    const counts = async (audience: object): Promise<number> =>
      (await publish(gateway.mcpUrl, 'broadcast', { payload: 1, ...audience })).body.counts.delivered;
    expect(await counts({ role: 'operator' })).toBe(0);
    expect(await counts({ scope: 'presence' })).toBe(0);
    expect(await counts({ topic: 't' })).toBe(1);
    expect(far.told('presence')).toEqual([]);
    near.leave();
    await gateway.stop();
  });
});
