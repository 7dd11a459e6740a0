import { createHmac } from 'node:crypto';
import { CONTROLLERS } from '../../../src/management/admin/admin.module.js';
import { AdminRoute, routesOf } from '../../../src/management/admin/routes.js';
import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const SECRET = 'a secret of thirty-two characters';
const CLIENTS_TOKEN = 'the-token-that-clients-share';
const routes = routesOf(CONTROLLERS);
const named = routes.map((route): [string, AdminRoute] => [`${route.method.toUpperCase()} ${route.path}`, route]);
const reads = named.filter(([, { method, description }]) => method === 'get' && description.answer);

/** A client's own JWT, with all there is to be granted. */
function jwt(): string {
  const text = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = { sub: 'ann', scope: '*', role: 'operator', exp: Math.floor(Date.now() / 1_000) + 600 };
  const signed = `${text({ alg: 'HS256', typ: 'JWT' })}.${text(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('each route of the administration', () => {
  let gateway: RunningGateway;
  let client: NativeClient;

  beforeAll(async () => {
    gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      management: { admin_token: ADMIN_TOKEN },
      auth: { token: CLIENTS_TOKEN, jwt: { secret: SECRET } },
    });
    client = await NativeClient.join(gateway.wsUrl, { client_id: 'ann', token: jwt() });
    const session = new RawSession(gateway.mcpUrl, undefined, { authorization: `Bearer ${CLIENTS_TOKEN}` });
    await session.initialize();
    await (await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } })).text();
  });
  afterAll(async () => {
    client.cut();
    await gateway.stop();
  });

  it.each(named)('refuses who is no operator: %s', async (_, { method, path }) => {
    const url = path.replace('{id}', 'ann');
    const refused: [string, Record<string, string>][] = [
      ['none', {}],
      ['a wrong one', { authorization: 'Bearer not-the-admin-token' }],
      ['what begins like it', { authorization: `Bearer ${ADMIN_TOKEN.slice(0, -1)}` }],
      ["the clients' own", { authorization: `Bearer ${CLIENTS_TOKEN}` }],
      ["a client's JWT", { authorization: `Bearer ${jwt()}` }],
      ['the right one in the wrong place', { cookie: `token=${ADMIN_TOKEN}` }],
    ];
    // Wrong tokens close an address for a minute, unless the right one has come from there.
    expect((await admin(gateway, 'GET', '/mcp/admin/mode')).status).toBe(200);
    for (const [whose, headers] of refused) {
      const answer = await admin(gateway, method.toUpperCase(), url, method === 'get' ? undefined : {}, headers);
      expect([whose, answer.status, answer.body.error]).toEqual([whose, 401, 'unauthenticated']);
    }
    expect((await fetch(`${gateway.managementUrl}${url}?token=${ADMIN_TOKEN}`, { method })).status).toBe(401);
  });

  it.each(reads)('answers in the shape that is promised: %s', async (_, { path, description }) => {
    const answer = await admin(gateway, 'GET', path.replace('{id}', 'ann'));
    expect(answer.status).toBe(200);
    const parsed = description.answer!.safeParse(answer.body);
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it('stands in the document, with what it takes', async () => {
    const { body } = await admin(gateway, 'GET', '/mcp/admin/openapi');
    expect(body.openapi).toMatch(/^3\.1/);
    const listed = Object.entries(body.paths as object).flatMap(([path, methods]) =>
      Object.keys(methods as object).map(method => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.sort()).toEqual(named.map(([name]) => name).sort());
    const ids = routes.map(({ path, method }) => body.paths[path][method].operationId as string);
    expect(new Set(ids).size).toBe(ids.length);
    const watch = body.paths['/mcp/admin/clients/{id}/watch'].post;
    expect(watch.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }]);
    expect(watch.requestBody.content['application/json'].schema).toMatchObject({ required: ['why'] });
    const old = body.paths['/mcp/admin/connections/old'].get;
    expect(old.parameters.map((each: { name: string }) => each.name)).toEqual(['hours', 'most']);
  });

  it('says which methods a path has, and takes no others', async () => {
    const { status, headers } = await admin(gateway, 'PATCH', '/mcp/admin/clients/ann/watch');
    expect([status, headers.get('allow')]).toEqual([405, 'POST, DELETE']);
    expect((await admin(gateway, 'GET', '/mcp/admin/clients/ann/nothing')).status).toBe(404);
  });

  it.each(named.filter(([, { description }]) => description.body && description.summary))(
    'refuses a body of the wrong shape: %s',
    async (_, { method, path }) => {
      const wrong = path === '/mcp/admin/policy' ? { version: 'x' } : { nonsense: true };
      const answer = await admin(gateway, method.toUpperCase(), path.replace('{id}', 'ann'), wrong);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_message']);
    },
  );

  it('counts by transport what goes on', async () => {
    await until(async () => {
      const { body } = await admin(gateway, 'GET', '/mcp/stats');
      return body.streamable_http.avg_latency_ms !== null && body.websocket.connections === 1;
    }, 'the rates');
    const { body } = await admin(gateway, 'GET', '/mcp/admin/connections');
    expect(body).toMatchObject({ total: 1, by_transport: { websocket: 1, http_sse: 0 }, pool_overflow: 0 });
    const ring = (await admin(gateway, 'GET', '/mcp/admin/ring')).body.units[0];
    expect(ring).toMatchObject({ unit: 'echo', total_keys: 1, distribution_variance: 0 });
    expect(ring.nodes).toMatchObject([{ vnode_count: 150, key_count: 1 }]);
    const pool = (await admin(gateway, 'GET', '/mcp/admin/pools')).body.pools[0];
    expect(pool.avg_checkout_time).toBeGreaterThanOrEqual(0);
    expect((await admin(gateway, 'GET', '/mcp/admin/ring?unit=nobody')).body.error).toBe('unit_not_found');
  });
});
