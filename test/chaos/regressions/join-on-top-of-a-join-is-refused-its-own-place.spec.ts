import { Stage } from '../../support/rogue.js';
import { publish, Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

const units = [{ name: 'u', kind: 'mcp', command: 'true' }];

describe('a Phoenix client that joins again on the socket it has joined by', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is let in though it has as many connections as it may, and gets what comes', async () => {
    const gateway = await stage.gateway({ units, limits: { connections_per_client: 1 } });
    const client = await Talker.phoenix(gateway.wsUrl, { client_id: 'p' });
    const { response } = await client.reply(client.push('phx_join', {}, '1'));
    for (const again of ['2', '3']) {
      const { status } = await client.reply(client.push('phx_join', { resume_token: response.resume_token }, again));
      expect(status).toBe('ok');
    }
    await publish(gateway.mcpUrl, 'p', { id: 'm', payload: 1 });
    await until(() => client.frames.some(([join, , , , payload]) => join === '3' && payload.id === 'm'), 'the message');
    await client.close();
  });

  it('has no channel where the gateway refuses: nothing is sent, and counted as delivered, under a join that it has given up', async () => {
    const gateway = await stage.gateway({ units });
    const client = await Talker.phoenix(gateway.wsUrl, { client_id: 'p' });
    await client.reply(client.push('phx_join', {}, '1'));
    const refused = await client.reply(client.push('phx_join', { resume_token: 'wrong' }, '2'));
    expect(refused.status).toBe('error');
    const { counts } = await publish(gateway.mcpUrl, 'p', { id: 'm', payload: 1 });
    expect(counts).toMatchObject({ delivered: 0, queued: 1 });
    expect((await client.reply(client.push('phx_join', {}, '3'))).status).toBe('ok');
    await until(() => client.frames.some(([join, , , , payload]) => join === '3' && payload.id === 'm'), 'the message');
    await client.close();
  });

  it('may leave, however much it has said', async () => {
    const limits = { messages_per_client: 1, messages_refill: 1 };
    const gateway = await stage.gateway({ units, limits });
    const client = await Talker.phoenix(gateway.wsUrl, { client_id: 'p' });
    await client.reply(client.push('phx_join', {}));
    for (let i = 0; i < 3; i++) client.push('ping', {});
    expect((await client.reply(client.push('phx_leave', {}))).status).toBe('ok');
    await client.close();
  });
});
