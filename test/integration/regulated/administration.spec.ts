import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';

const units = [{ name: 'echo', kind: 'echo' }];
const management = { admin_token: ADMIN_TOKEN };
const LEVERS = '/mcp/admin/levers';

describe('the administration', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ units, management });
  });
  afterAll(() => gateway.stop());

  it('is for who has the token', async () => {
    const paths = [LEVERS, '/mcp/admin/policy', '/mcp/admin/mode'];
    for (const path of paths) {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${ADMIN_TOKEN}` }]) {
        const answer = await admin(gateway, 'GET', path, undefined, headers as Record<string, string>);
        expect([answer.status, answer.body.error, answer.headers.get('www-authenticate')]).toEqual([
          401,
          'unauthenticated',
          'Bearer',
        ]);
      }
      expect((await admin(gateway, 'GET', path)).status).toBe(200);
    }
    expect((await fetch(`${gateway.managementUrl}/ready`)).status).toBe(200);
  });

  it('sets a lever for a while, in the name of S5, and lets it go', async () => {
    const asked = { lever: 'rate_limit', target: 'token\nann', value: 5, why: 'too loud', for_ms: 60_000 };
    const { status, body } = await admin(gateway, 'POST', LEVERS, asked);
    expect([status, body.setting]).toMatchObject([
      200,
      { lever: 'rate_limit', value: 5, by: 's5', why: 'operator: too loud', until: expect.any(Number) },
    ]);
    const settings = async (): Promise<any[]> => (await admin(gateway, 'GET', LEVERS)).body.settings;
    expect(await settings()).toMatchObject([{ lever: 'rate_limit', target: 'token\nann', effective: true }]);
    const released = await admin(gateway, 'DELETE', LEVERS, { lever: 'rate_limit', target: 'token\nann' });
    expect(released.body).toEqual({ released: true });
    expect(await settings()).toEqual([]);
  });

  it.each([
    [{ lever: 'nonsense', value: 1, why: 'x' }, 'lever: '],
    [{ lever: 'rate_limit', target: 'ann', value: 'fast', why: 'x' }, 'value: '],
    [{ lever: 'rate_limit', target: 'ann', value: 5 }, 'why: '],
    [{ lever: 'concurrency', target: 'nobody', value: 5, why: 'x' }, 'target: '],
    [{ lever: 'connections', target: 'pigeon', value: 5, why: 'x' }, 'target: '],
    [{ lever: 'handshakes', value: 5, why: 'x', forms: 3 }, 'body: '],
    [[], 'body: '],
  ])('refuses %j', async (asked, where) => {
    const { status, body } = await admin(gateway, 'POST', LEVERS, asked);
    expect([status, body.error]).toEqual([400, 'invalid_message']);
    expect(body.message).toContain(where);
  });

  it('takes JSON, and little of it', async () => {
    expect((await admin(gateway, 'POST', LEVERS, '{')).body.error).toBe('parse_error');
    const large = JSON.stringify({ why: 'x'.repeat(70_000) });
    expect((await admin(gateway, 'POST', LEVERS, large)).status).toBe(413);
    const text = await fetch(gateway.managementUrl + LEVERS, {
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(text.status).toBe(415);
  });

  it('holds the mode for an operator, and the levers show it', async () => {
    const pinned = await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'degraded', why: 'a try' });
    expect(pinned.body).toMatchObject({ mode: 'degraded', priority_floor: 'normal' });
    const normal = await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'normal', why: 'over' });
    expect(normal.body).toMatchObject({ mode: 'normal', priority_floor: null });
  });
});

describe('without an admin token', () => {
  it('is closed to everybody, and says how to open it', async () => {
    const gateway = await startGateway({ units });
    try {
      const { status, body } = await admin(gateway, 'GET', LEVERS);
      expect([status, body.error]).toEqual([403, 'forbidden']);
      expect(body.message).toContain('MCP_ADMIN_TOKEN');
    } finally {
      await gateway.stop();
    }
  });
});
