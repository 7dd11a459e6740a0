import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { NativeClient, publish } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const units = [
  { name: 'open', kind: 'echo' },
  { name: 'hidden', kind: 'echo' },
];
const management = { admin_token: ADMIN_TOKEN };

describe('a policy that an operator puts in place', () => {
  it('forbids everything but its own replacement', async () => {
    const gateway = await startGateway({ units, management });
    const put = (forbids: string[]) => admin(gateway, 'PUT', '/mcp/admin/policy', { identity: { forbids } });
    try {
      for (const forbids of [['policy.replace'], ['*']]) {
        const refused = await put(forbids);
        expect([refused.status, refused.body.error]).toEqual([400, 'invalid_message']);
      }
      expect((await put(['lever.*', 'mode.*'])).status).toBe(200);
      expect((await put([])).body).toMatchObject({ version: 3 });
    } finally {
      await gateway.stop();
    }
  });
});

describe('a policy file', () => {
  let folder: string;
  let gateway: RunningGateway | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-'));
  });
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
    await rm(folder, { recursive: true });
  });

  const start = async (policy: string, more: object = {}): Promise<RunningGateway> =>
    (gateway = await startGateway({ units, management, regulation: { policy, interval: 50 }, ...more }));
  const state = async (): Promise<any> => (await admin(gateway!, 'GET', '/mcp/admin/policy')).body;
  const opens = async (unit: string): Promise<number> =>
    (await new RawSession(`${gateway!.mcpUrl}?unit=${unit}`).request('initialize', init)).status;
  const init = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };

  it('hides units from whom it does not give them, and is taken anew when it is replaced', async () => {
    const path = join(folder, 'policy.yaml');
    await writeFile(path, 'principals: [{ principal: "*", units: [open] }]');
    await start(path);
    expect([await opens('open'), await opens('hidden'), await opens('never-was')]).toEqual([200, 404, 404]);
    const refused = await admin(gateway!, 'GET', '/mcp/admin/trail');
    expect(refused.body.decisions).toEqual(
      expect.arrayContaining([expect.objectContaining({ action: 'refuse unit', target: 'hidden' })]),
    );

    await writeFile(`${path}.new`, 'principals: [{ principal: "*", units: [hidden] }]');
    await rename(`${path}.new`, path);
    await until(async () => (await state()).version === 2, 'the new policy');
    expect([await opens('open'), await opens('hidden')]).toEqual([404, 200]);

    await writeFile(path, 'principals: [{ principal: "*", unit: [hidden] }]');
    await until(async () => (await state()).rejected !== null, 'the refusal');
    const { version, rejected } = await state();
    expect([version, rejected.why]).toEqual([2, expect.stringContaining('principals[0].unit')]);
    expect([await opens('open'), await opens('hidden')]).toEqual([404, 200]);

    const put = await admin(gateway!, 'PUT', '/mcp/admin/policy', { principals: [{ principal: '*', units: [] }] });
    expect(put.body).toMatchObject({ version: 3, source: 'operator', rejected: null });
    expect([await opens('open'), await opens('hidden')]).toEqual([403, 403]);
    const bad = await admin(gateway!, 'PUT', '/mcp/admin/policy', { principals: 7 });
    expect([bad.status, bad.body.error, bad.body.message]).toEqual([
      400,
      'invalid_message',
      expect.stringContaining('principals'),
    ]);
  });

  it('is followed through symbolic links that are led elsewhere, as Kubernetes does', async () => {
    for (const [version, unit] of [
      ['one', 'open'],
      ['two', 'hidden'],
    ]) {
      await mkdir(join(folder, version!));
      await writeFile(join(folder, version!, 'policy.yaml'), `principals: [{ principal: "*", units: [${unit}] }]`);
    }
    await symlink('one', join(folder, '..data'));
    await symlink(join('..data', 'policy.yaml'), join(folder, 'policy.yaml'));
    await start(join(folder, 'policy.yaml'));
    expect([await opens('open'), await opens('hidden')]).toEqual([200, 404]);
    await symlink('two', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await until(async () => (await state()).version === 2, 'the new policy');
    expect([await opens('open'), await opens('hidden')]).toEqual([404, 200]);
  });

  it('that is not in order stops the start', async () => {
    const path = join(folder, 'policy.yaml');
    await writeFile(path, 'default: perhaps');
    await expect(start(path)).rejects.toThrow(/default: got "perhaps"/);
    await expect(start(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml cannot be used/);
    await writeFile(path, '');
    await expect(start(path)).rejects.toThrow(/cannot be used/);
  });

  it('bounds levers, and says what does not fit the gateway', async () => {
    const path = join(folder, 'policy.json');
    const identity = { purpose: 'Shop.', forbids: ['mode.lockdown', 'lever.circuit', 'policy.*'] };
    await writeFile(path, JSON.stringify({ identity, limits: { handshakes: { min: 10, max: 100 } } }));
    await start(path);
    const lever = (value: number) => ({ lever: 'handshakes', value, why: 'x' });
    expect((await admin(gateway!, 'POST', '/mcp/admin/levers', lever(5))).body.message).toContain('at least 10');
    expect((await admin(gateway!, 'POST', '/mcp/admin/levers', lever(50))).status).toBe(200);
    const lockdown = await admin(gateway!, 'POST', '/mcp/admin/mode', { mode: 'lockdown', why: 'x' });
    expect([lockdown.status, lockdown.body.error]).toEqual([403, 'forbidden']);
    expect((await admin(gateway!, 'PUT', '/mcp/admin/policy', {})).status).toBe(403);
    const circuit = { lever: 'circuit', target: 'open/echo', value: 'open', why: 'x' };
    expect((await admin(gateway!, 'POST', '/mcp/admin/levers', circuit)).status).toBe(403);
  });

  it('says who may publish where', async () => {
    const path = join(folder, 'policy.json');
    await writeFile(path, JSON.stringify({ principals: [{ principal: 'anonymous', publish: ['news.*'] }] }));
    await start(path);
    const client = await NativeClient.join(gateway!.wsUrl, { client_id: 'ann', topics: ['news.a', 'other'] });
    const to = async (message: object): Promise<unknown> =>
      (await publish(gateway!.mcpUrl, 'broadcast', { payload: 1, ...message })).status;
    expect([await to({ topic: 'news.a' }), await to({ topic: 'other' }), await to({})]).toEqual([200, 403, 403]);
    client.leave();
  });
});

describe('modes', () => {
  it('degraded refuses anonymous callers, lockdown all but operators, at all doors', async () => {
    const gateway = await startGateway({
      units: [units[0]],
      management,
      auth: { token: 'the-token', allow_anonymous: true },
    });
    const operator = { authorization: 'Bearer the-token' };
    const init = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const http = async (headers = {}): Promise<number> =>
      (await new RawSession(gateway.mcpUrl, '2025-11-25', headers).request('initialize', init)).status;
    const stream = async (headers = {}): Promise<number> => {
      const abort = new AbortController();
      const { status } = await fetch(gateway.sseUrl, { headers, signal: abort.signal });
      abort.abort();
      return status;
    };
    const native = async (hello: object): Promise<string> => {
      const client = await NativeClient.open(gateway.wsUrl);
      client.send({ type: 'hello', data: { client_id: 'ann', ...hello } });
      await until(() => client.welcome !== undefined || client.errors.length > 0, 'an answer');
      client.leave();
      return client.welcome ? 'in' : client.errors[0].error;
    };
    try {
      for (const mode of ['degraded', 'lockdown'] as const) {
        await admin(gateway, 'POST', '/mcp/admin/mode', { mode, why: 'a try' });
        expect([await http(), await stream(), await native({})]).toEqual([503, 503, mode]);
        expect([await http(operator), await stream(operator), await native({ token: 'the-token' })]).toEqual([
          200,
          200,
          'in',
        ]);
      }
      await admin(gateway, 'POST', '/mcp/admin/mode', { mode: 'normal', why: 'over' });
      expect([await http(), await stream(), await native({ client_id: 'bob' })]).toEqual([200, 200, 'in']);
    } finally {
      await gateway.stop();
    }
  });
});
