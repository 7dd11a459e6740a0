import { ClaimsAuthorizer } from '../../../src/identity/authorizer.js';
import { NativeClient, PhoenixClient, publish } from '../../support/channel-clients.js';
import { DOORS } from '../../support/clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { openRaw } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const units = [
  { name: 'one', kind: 'echo' },
  { name: 'two', kind: 'echo' },
];
const UPDATE = { scope: 'gateway', version: 2, constraints: {}, why: 'test' } as const;

describe('what a principal does not reach', () => {
  let gateway: RunningGateway;
  /** Units and topics that nobody reaches. */
  const beyond = new Set<string>();

  beforeEach(async () => {
    beyond.clear();
    jest.spyOn(ClaimsAuthorizer.prototype, 'reaches').mockImplementation((...asked: unknown[]) => {
      return !beyond.has(asked[3] as string);
    });
    const routes = [{ type: 'go', unit: 'one', tool: 'echo' }];
    gateway = await startGateway({ units, routes, regulation: { enabled: false } });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.stop();
  });

  /** What an initialize is answered. */
  async function initialize(query = ''): Promise<{ status: number; body: any }> {
    const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const response = await fetch(gateway.mcpUrl + query, { method: 'POST', headers, body });
    const text = await response.text();
    const json = text.includes('data: {') ? text.slice(text.indexOf('data: {') + 6) : text;
    return { status: response.status, body: JSON.parse(json) };
  }

  it('is no unit for it', async () => {
    beyond.add('one');
    const named = await initialize('?unit=one');
    expect(named).toMatchObject({ status: 404, body: { error: { data: { error: 'unit_not_found' } } } });
    expect(JSON.stringify(named.body)).not.toContain('one,');
    expect((await initialize('?unit=two')).status).toBe(200);
    const opened = new Promise<string>(resolve => gateway.bus.on('session_opened', ({ unit }) => resolve(unit)));
    expect((await initialize()).status).toBe(200);
    // All that there is for it.
    expect(await opened).toBe('two');
    beyond.add('two');
    for (const query of ['', '?unit=two'])
      expect(await initialize(query)).toMatchObject({ status: 403, body: { error: { data: { error: 'forbidden' } } } });
  });

  it('is no topic for it, whether it joins with it, subscribes to it or publishes to it', async () => {
    beyond.add('secret');
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x', topics: ['open'] });
    const subscribe = { type: 'subscribe', data: { topics: ['more', 'secret'] } };
    expect(await client.say(subscribe)).toMatchObject({ type: 'error', error: 'forbidden' });
    const phoenix = await PhoenixClient.join(gateway.wsUrl, { client_id: 'p' });
    const refused = await phoenix.push('subscribe', { topics: ['secret'] });
    expect(refused).toMatchObject({ status: 'error', response: { reason: 'forbidden' } });
    expect(await client.say({ type: 'subscribe', data: { topics: ['more'] } })).toMatchObject({
      topics: ['open', 'more'],
    });
    const other = await NativeClient.open(gateway.wsUrl);
    other.send({ type: 'hello', data: { client_id: 'y', topics: ['secret'] } });
    await other.ended();
    expect(other.errors[0]).toMatchObject({ error: 'forbidden' });
    expect((await publish(gateway.mcpUrl, 'broadcast', { payload: 1, topic: 'secret' })).status).toBe(403);
    const both = [{ payload: 1, topic: 'secret' }, { payload: 1 }];
    const { body } = await publish(gateway.mcpUrl, 'broadcast', both);
    expect(body).toMatchObject([{ error: 'forbidden' }, { counts: { refused: 0 } }]);
    expect((await publish(gateway.mcpUrl, 'broadcast', { payload: 1, topic: 'open' })).status).toBe(200);
  });

  it('is no unit that its messages go to', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
    expect(await client.say({ type: 'go', data: {} })).toMatchObject({ type: 'ack', routed: 'one' });
    beyond.add('one');
    expect(await client.say({ type: 'go', data: {} })).toMatchObject({ type: 'error', error: 'forbidden' });
  });

  it('is taken from sessions that have it when the policy changes, and nothing else is', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x', topics: ['open', 'secret'] });
    const [all, one, two] = [
      await openRaw(DOORS[2]!, gateway),
      await openRaw(DOORS[2]!, gateway, '?unit=one'),
      await openRaw(DOORS[2]!, gateway, '?unit=two'),
    ];
    const closed: string[] = [];
    gateway.bus.on('session_closed', ({ reason }) => closed.push(reason));
    beyond.add('one').add('secret');
    gateway.bus.emit('policy_update', UPDATE);
    await until(() => closed.length === 2, 'two ends');
    expect(closed).toEqual(['refused', 'refused']);
    await two.send('{"jsonrpc":"2.0","id":5,"method":"ping"}');
    await until(() => two.received.some(text => text.includes('"id":5')), 'an answer');
    await until(() => client.told('connection_status').length === 2, 'the news');
    expect(client.told('connection_status')[1]).toEqual({ status: 'unsubscribed', topics: ['secret'] });
    expect((await publish(gateway.mcpUrl, 'broadcast', { payload: 1, topic: 'open' })).body.counts.delivered).toBe(1);
    for (const raw of [all, one, two]) raw.close();
  });
});
