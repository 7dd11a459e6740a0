import { resolve } from 'node:path';
import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];
const management = { admin_token: ADMIN_TOKEN };

describe('what operators do to this node', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ units, management });
  });
  afterAll(() => gateway.stop());

  const newest = async (): Promise<any> => (await admin(gateway, 'GET', '/mcp/admin/trail?most=1')).body.decisions[0];

  it('is drained, and takes work again', async () => {
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const { body } = await admin(gateway, 'POST', '/mcp/admin/drain', { why: 'maintenance' });
    expect(body).toMatchObject({
      draining: true,
      stopping: false,
      sessions: 1,
      calls_in_flight: 0,
      why: 'maintenance',
    });
    expect((await fetch(`${gateway.managementUrl}/ready`)).status).toBe(503);
    const refused = await session.answerOf(await session.request('tools/call', { name: 'echo', arguments: {} }));
    expect(refused.error.message).toContain('draining');
    expect((await new RawSession(gateway.mcpUrl).request('initialize')).status).toBeGreaterThanOrEqual(400);
    const back = await admin(gateway, 'DELETE', '/mcp/admin/drain', { why: 'done' });
    expect(back.body).toMatchObject({ draining: false, why: null, since: null });
    expect((await fetch(`${gateway.managementUrl}/ready`)).status).toBe(200);
    const answer = await session.answerOf(
      await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } }),
    );
    expect(answer.result).toBeDefined();
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'ann' });
    client.leave();
  });

  it('logs more for a while', async () => {
    const { body } = await admin(gateway, 'PUT', '/mcp/admin/log-level', {
      level: 'debug',
      why: 'a look',
      for_ms: 300,
    });
    expect(body).toMatchObject({ level: 'debug', configured: 'info', until: expect.any(String) });
    await until(async () => (await admin(gateway, 'GET', '/mcp/admin/log-level')).body.level === 'info', 'its end');
    await admin(gateway, 'PUT', '/mcp/admin/log-level', { level: 'warn', why: 'too loud' });
    expect((await admin(gateway, 'DELETE', '/mcp/admin/log-level')).body).toMatchObject({ level: 'info', until: null });
  });

  it('is profiled, by one at a time', async () => {
    const path = '/mcp/admin/profile/cpu';
    const first = admin(gateway, 'POST', path, { seconds: 1, why: 'a look' });
    await until(async () => (await newest()).action === 'profile cpu', 'its beginning');
    const second = await admin(gateway, 'POST', path, { seconds: 1, why: 'me too' });
    expect([second.status, second.body.error]).toEqual([409, 'conflict']);
    const { nodes, startTime, endTime } = (await first).body;
    expect(nodes.length).toBeGreaterThan(1);
    expect(endTime - startTime).toBeGreaterThan(900_000);
    expect((await admin(gateway, 'POST', path, { seconds: 61, why: 'x' })).status).toBe(400);
  });

  it.each([
    ['levers', 'POST', { lever: 'concurrency', target: 'echo', value: 5, why: 'w' }, null, { value: 5, for_ms: null }],
    ['levers', 'POST', { lever: 'concurrency', target: 'echo', value: 6, why: 'w' }, 5, { value: 6, for_ms: null }],
    ['levers', 'DELETE', { lever: 'concurrency', target: 'echo', why: 'w' }, 6, null],
    ['drain', 'POST', { why: 'w' }, { draining: false, stopping: false }, { draining: true, stopping: false }],
    ['drain', 'DELETE', { why: 'w' }, { draining: true, stopping: false }, { draining: false, stopping: false }],
    ['log-level', 'PUT', { level: 'warn', why: 'w' }, { level: 'info' }, { level: 'warn' }],
    ['log-level', 'DELETE', { why: 'w' }, { level: 'warn' }, { level: 'info' }],
  ])('writes down who changed what, before and after: %s %s', async (path, method, body, before, after) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'viable-operator': 'ann of operations' };
    expect((await admin(gateway, method, `/mcp/admin/${path}`, body, headers)).status).toBe(200);
    const { decisions } = (await admin(gateway, 'GET', '/mcp/admin/trail?most=5')).body;
    const mine = decisions.find(({ by }: { by: string }) => by === 'operator');
    const who = { name: 'ann of operations', address: expect.stringContaining('127.0.0.1') };
    expect(mine).toMatchObject({ by: 'operator', why: 'w', details: { who, before, after } });
  });

  it('says what is wrong, since when, for whom, and what was done', async () => {
    expect((await admin(gateway, 'GET', '/mcp/admin/status')).body).toMatchObject({ well: true, troubles: [] });
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const { circuits } = gateway.sight.vitals as { circuits(): { instance: string }[] };
    const [{ instance } = { instance: '' }] = circuits.call(gateway.sight.vitals);
    await admin(gateway, 'POST', '/mcp/admin/circuits', { target: instance, state: 'open', why: 'a try' });
    await until(async () => (await admin(gateway, 'GET', '/mcp/admin/status')).body.troubles.length > 0, 'the pain');
    const { body } = await admin(gateway, 'GET', '/mcp/admin/status');
    expect(body).toMatchObject({ well: false, degraded: [{ unit: 'echo' }] });
    expect(body.troubles[0]).toMatchObject({
      source: 'circuit',
      of: instance,
      affected: { sessions: expect.any(Number) },
    });
    expect(body.troubles[0].affected.clients.length).toBeGreaterThan(0);
    expect(body.troubles[0].done).toEqual(
      expect.arrayContaining([expect.objectContaining({ action: 'force circuit open', by: 'operator' })]),
    );
    expect(body.held).toMatchObject([{ lever: 'circuit', target: instance, value: 'open' }]);
    await admin(gateway, 'DELETE', '/mcp/admin/circuits', { target: instance });
    await until(async () => (await admin(gateway, 'GET', '/mcp/admin/status')).body.well, 'the end of it');
  });
});

describe('a gateway that an operator stops', () => {
  it('does not take work again when it is ending, whoever wanted that', async () => {
    const unit = {
      name: 'slow',
      kind: 'mcp',
      command: process.execPath,
      args: [resolve('test/fixtures/slow-unit.mjs')],
    };
    const gateway = await GatewayProcess.spawn({ units: [unit], management });
    const { management: managementUrl, mcp } = await gateway.ready();
    const session = new RawSession(mcp);
    await session.initialize();
    const running = session.request('tools/call', { name: 'work', arguments: { ms: 5_000 } });
    const state = () => admin({ managementUrl }, 'GET', '/mcp/admin/drain');
    await until(async () => (await state()).body.calls_in_flight === 1, 'the call');
    gateway.child.kill('SIGTERM');
    await until(async () => (await state()).body.stopping, 'the signal');
    const back = await admin({ managementUrl }, 'DELETE', '/mcp/admin/drain');
    expect([back.status, back.body.error]).toEqual([409, 'conflict']);
    expect((await state()).body).toMatchObject({ draining: true, stopping: true });
    expect((await session.answerOf(await running)).result).toBeDefined();
    expect(await gateway.exited).toEqual([0, null]);
    await gateway.stop();
  });

  it('finishes what runs, and ends with 0; its heap can be looked at before', async () => {
    const gateway = await GatewayProcess.spawn({ units, management });
    const { management: managementUrl } = await gateway.ready();
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    const snapshot = await fetch(`${managementUrl}/mcp/admin/profile/heap`, {
      ...{ method: 'POST', headers, body: '{"why":"a look"}' },
    });
    expect(snapshot.headers.get('content-disposition')).toContain('.heapsnapshot');
    expect(JSON.parse(await snapshot.text())).toMatchObject({ snapshot: { meta: expect.anything() } });
    const { body } = await admin({ managementUrl }, 'POST', '/mcp/admin/drain', { why: 'over', stop: true });
    expect(body).toMatchObject({ draining: true, stopping: true });
    expect(await gateway.exited).toEqual([0, null]);
    const told = gateway.lines().find(({ msg }) => msg === 'decision');
    expect(told).toMatchObject({ action: 'profile heap', details: { who: { address: expect.any(String) } } });
    await gateway.stop();
  });
});
