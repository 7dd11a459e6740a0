import { SignJWT } from 'jose';
import { EventClient, messagesOf, NativeClient, PhoenixClient, publish } from '../../support/channel-clients.js';
import { DOORS } from '../../support/clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { openRaw } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';
const units = [{ name: 'echo', kind: 'echo' }];

describe('modes', () => {
  let gateway: RunningGateway;

  const start = async (more: object = {}): Promise<void> => {
    gateway = await startGateway({ units, regulation: { interval: 60_000 }, ...more });
  };
  afterEach(() => gateway.stop());

  it('shed what matters less than the floor, and deliver what was accepted before', async () => {
    await start();
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x', acks: true });
    const phoenix = await PhoenixClient.join(gateway.wsUrl, { client_id: 'p' });
    const before = await publish(gateway.mcpUrl, messagesOf('x'), { payload: { body: 1 }, priority: 'low' });
    expect(before.status).toBe(200);
    expect((await client.say({ id: 'before', type: 'chat', priority: 'low' })).type).toBe('ack');
    gateway.levers.set('s5', 'priority_floor', '', 'normal', 'test');
    const shed = await publish(gateway.mcpUrl, messagesOf('x'), { payload: { body: 2 }, priority: 'low' });
    expect(shed).toMatchObject({
      status: 503,
      body: { error: 'shed', counts: { refused: 1 }, results: [{ status: 'refused', reason: 'shed' }] },
    });
    expect(shed.body.retry_after).toBeGreaterThan(0);
    for (const priority of ['normal', 'high'])
      expect((await publish(gateway.mcpUrl, messagesOf('x'), { payload: { body: 3 }, priority })).status).toBe(200);
    expect(await client.say({ type: 'chat', priority: 'low' })).toMatchObject({
      ...{ type: 'error', error: 'shed', retry_after: 5_000 },
    });
    expect(await phoenix.say({ type: 'chat', priority: 'low' })).toMatchObject({
      ...{ status: 'error', response: { reason: 'shed', retry_after: 5_000 } },
    });
    // Taken before, and answered as then; the wire's own frames are no messages.
    expect((await client.say({ id: 'before', type: 'chat', priority: 'low' })).type).toBe('ack');
    expect((await client.say({ type: 'chat' })).type).toBe('ack');
    expect((await client.say({ type: 'heartbeat' })).type).toBe('ack');
    gateway.levers.set('s5', 'priority_floor', '', 'high', 'test');
    expect((await client.say({ type: 'chat' })).error).toBe('shed');
    expect((await client.say({ type: 'chat', priority: 'high' })).type).toBe('ack');
    gateway.levers.release('s5', 'priority_floor', '', 'test');
    expect((await client.say({ type: 'chat', priority: 'low' })).type).toBe('ack');
    await client.got(3);
    expect(client.bodies).toEqual([1, 3, 3]);
  });

  describe('in lockdown', () => {
    const auth = { jwt: { secret: SECRET }, allow_anonymous: true };
    const bearer = async (claims: object): Promise<Record<string, string>> => {
      const token = new SignJWT({ sub: 'ann', ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
      return { authorization: `Bearer ${await token.sign(new TextEncoder().encode(SECRET))}` };
    };

    it.each(DOORS)('nobody opens an MCP session by $door, and is told when to come again', async ({ door }) => {
      await start();
      gateway.levers.set('s5', 'mode', '', 'lockdown', 'test');
      const rpc = { jsonrpc: '2.0', id: 7, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } }; // prettier-ignore
      if (door === 'WebSocket') {
        const client = await NativeClient.open(gateway.wsUrl);
        client.send(rpc);
        await client.ended();
        expectLockdown(client.frames[0].error);
        expect(client.frames[0].id).toBe(7);
        return;
      }
      const accept = 'application/json, text/event-stream';
      const init = {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json' },
        body: JSON.stringify(rpc),
      };
      const response = await (door === 'HTTP+SSE'
        ? fetch(gateway.sseUrl, { headers: { accept } })
        : fetch(gateway.mcpUrl, init));
      const body = (await response.json()) as any;
      expectLockdown(body.error);
      expect(response.headers.get('retry-after')).toBe(String(Math.ceil(body.error.data.retry_after / 1_000)));
      expect(response.status).toBe(503);
    });

    it('sessions stay, operators get in, and nobody else joins or publishes', async () => {
      await start({ auth });
      const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
      const mcp = await openRaw(DOORS[0]!, gateway);
      gateway.levers.set('s5', 'mode', '', 'lockdown', 'test');
      await mcp.send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
      await until(() => mcp.received.some(text => text.includes('"id":1')), 'an answer');
      expect((await client.say({ type: 'chat' })).type).toBe('ack');
      // Also not into a session that is there.
      for (const id of ['x', 'y']) {
        const other = await NativeClient.open(gateway.wsUrl);
        other.send({ type: 'hello', data: { client_id: id } });
        expect(await other.ended()).toMatchObject({ code: 1008 });
        expect(other.errors[0]).toMatchObject({ error: 'lockdown', retry_after: 30_000 });
      }
      const { response } = await EventClient.request(gateway.sseUrl, { client_id: 'x' });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
      const refused = await publish(gateway.mcpUrl, messagesOf('x'), { payload: 1 });
      expect(refused).toMatchObject({ status: 503, body: { error: 'lockdown', retry_after: 30_000 } });
      const operator = await bearer({ role: 'operator' });
      expect((await publish(gateway.mcpUrl, messagesOf('x'), { payload: 1 }, operator)).status).toBe(200);
      const joined = await NativeClient.join(gateway.wsUrl, { client_id: 'op' }, operator);
      expect((await joined.say({ type: 'chat' })).type).toBe('ack');
      mcp.close();
    });
  });

  it('degraded, let no anonymous callers open sessions', async () => {
    await start();
    gateway.levers.set('s5', 'mode', '', 'degraded', 'test');
    const client = await NativeClient.open(gateway.wsUrl);
    client.send({ type: 'hello', data: { client_id: 'x' } });
    await client.ended();
    expect(client.errors[0]).toMatchObject({ error: 'degraded' });
    expectBetween(client.errors[0].retry_after, 10_000, 20_000);
  });
});

/** Not all are to come again at the same moment. */
function expectLockdown({ data }: any): void {
  expect(data.error).toBe('lockdown');
  expectBetween(data.retry_after, 30_000, 60_000);
}

function expectBetween(value: number, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
