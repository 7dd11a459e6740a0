import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];
const management = { admin_token: ADMIN_TOKEN };

describe('the views of the administration', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ units, management });
  });
  afterAll(() => gateway.stop());

  it('shows the gateway on one page', async () => {
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const { body } = await admin(gateway, 'GET', '/mcp/stats');
    expect(body).toMatchObject({
      mode: 'normal',
      sessions: { streamable_http: 1 },
      messages: { in: { streamable_http: expect.any(Number) } },
      load: { sessions: 1 },
      pools: [{ unit: 'echo', leases: 1 }],
      circuits: [{ unit: 'echo', state: 'closed' }],
      units: [{ unit: 'echo' }],
      delivery: { sessions: 0 },
      open_pains: 0,
    });
    await session.delete();
  });

  it('shows a client, its levers, and nothing that could be used in its place', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'ann' });
    const { client: key } = (await admin(gateway, 'GET', '/mcp/health/client/ann')).body.sessions[0];
    const lever = { lever: 'rate_limit', target: key, value: 9, why: 'a try' };
    expect((await admin(gateway, 'POST', '/mcp/admin/levers', lever)).status).toBe(200);
    const { body } = await admin(gateway, 'GET', '/mcp/health/client/ann');
    expect(body).toMatchObject({
      client: 'ann',
      sessions: [{ kind: 'channel', state: 'active', transport: 'websocket', connections: 1, queued: 0 }],
      levers: [{ lever: 'rate_limit', value: 9, by: 's5', effective: true }],
      patterns: [],
    });
    const { session, resume_token } = client.welcome;
    for (const secret of [session, resume_token].filter(Boolean)) expect(JSON.stringify(body)).not.toContain(secret);
    client.leave();
    const nobody = await admin(gateway, 'GET', '/mcp/health/client/nobody');
    expect([nobody.status, nobody.body.error]).toEqual([404, 'client_not_found']);
  });

  it('tidies away what is idle, and says how much', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'idle' });
    client.leave();
    const state = async (): Promise<string> =>
      (await admin(gateway, 'GET', '/mcp/health/client/idle')).body.sessions[0].state;
    await until(async () => (await state()) === 'disconnected', 'the goodbye');
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    await until(async () => {
      const { body } = await admin(gateway, 'POST', '/mcp/admin/cleanup', { idle_ms: 0 });
      return body.sessions >= 1;
    }, 'the broom');
    expect((await admin(gateway, 'GET', '/mcp/health/client/idle')).status).toBe(404);
    expect((await session.request('ping')).status).toBe(404);
    expect((await admin(gateway, 'POST', '/mcp/admin/cleanup', { idle_ms: -1 })).status).toBe(400);
  });

  it('writes down what operators do', async () => {
    await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'degraded', why: 'to be written down' });
    await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'normal', why: 'it was' });
    const { body } = await admin(gateway, 'GET', '/mcp/admin/trail?most=50');
    expect(body.decisions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ by: 'operator', action: 'mode degraded', why: 'to be written down' }),
        expect.objectContaining({ action: 'mode_changed', why: 'operator: to be written down' }),
        expect.objectContaining({ action: 'set mode' }),
      ]),
    );
    expect((await admin(gateway, 'GET', '/mcp/admin/trail?most=none')).status).toBe(400);
    expect((await admin(gateway, 'GET', '/mcp/admin/signals')).body).toMatchObject({ open: [] });
  });

  it('refuses methods and paths that it does not serve, as other doors do', async () => {
    const wrong = await admin(gateway, 'PATCH', '/mcp/admin/levers', {});
    expect([wrong.status, wrong.body.error, wrong.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'GET, HEAD, POST, DELETE',
    ]);
    expect((await admin(gateway, 'POST', '/mcp/stats', {})).status).toBe(405);
    expect((await admin(gateway, 'HEAD', '/mcp/stats')).status).toBe(200);
    expect((await admin(gateway, 'GET', '/mcp/admin/nothing')).body.error).toBe('not_found');
    expect((await admin(gateway, 'GET', '/mcp/admin/nothing', undefined, {})).status).toBe(401);
  });

  it('does not let tokens be guessed at without end', async () => {
    const other = await startGateway({ units, management });
    try {
      const guess = (token: string) =>
        admin(other, 'GET', '/mcp/stats', undefined, { authorization: `Bearer ${token}` });
      for (let i = 0; i < 30; i++) expect((await guess(`guess ${i}`.replace(' ', '-'))).status).toBe(401);
      const refused = await guess(ADMIN_TOKEN);
      expect([refused.status, refused.body.error]).toEqual([429, 'rate_limit_exceeded']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await other.stop();
    }
  });
});

describe('the token guessed at from where an operator is', () => {
  it('keeps the operator out neither by wrong tokens nor by many requests', async () => {
    const gateway = await startGateway({ units, management });
    try {
      const guess = (token: string) =>
        admin(gateway, 'GET', '/mcp/admin/mode', undefined, { authorization: `Bearer ${token}` });
      expect((await guess(ADMIN_TOKEN)).status).toBe(200);
      for (let i = 0; i < 32; i++)
        await Promise.all(Array.from({ length: 100 }, async () => expect((await guess('wrong')).status).toBe(401)));
      expect((await guess(ADMIN_TOKEN)).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });
});

describe('where nobody regulates', () => {
  it('shows what there is, and says that there is nobody to ask', async () => {
    const gateway = await startGateway({ units, management, regulation: { enabled: false } });
    try {
      const lever = { lever: 'handshakes', value: 5, why: 'x' };
      const circuit = { target: 'echo/echo', state: 'open', why: 'x' };
      const answers = [
        await admin(gateway, 'POST', '/mcp/admin/levers', lever),
        await admin(gateway, 'POST', '/mcp/admin/circuits', circuit),
        await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'degraded', why: 'x' }),
        await admin(gateway, 'GET', '/mcp/admin/policy'),
        await admin(gateway, 'PUT', '/mcp/admin/policy', {}),
        await admin(gateway, 'GET', '/mcp/admin/trail'),
      ];
      for (const { status, body } of answers) {
        expect([status, body.error]).toEqual([409, 'conflict']);
        expect(body.message).toContain('regulation.enabled');
      }
      for (const path of ['/mcp/stats', '/mcp/admin/levers', '/mcp/admin/circuits', '/mcp/admin/signals'])
        expect((await admin(gateway, 'GET', path)).status).toBe(200);
      expect((await admin(gateway, 'POST', '/mcp/admin/cleanup')).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });
});
