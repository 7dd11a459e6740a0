import { Stage } from '../../support/rogue.js';
import { gauge, publish, Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

describe('one anonymous address whose many clients break off', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not have the others led away from the transport', async () => {
    const gateway = await stage.gateway({
      units: [{ name: 'u', kind: 'mcp', command: 'true' }],
      trusted_proxies: ['127.0.0.1'],
    });
    const from = (address: string): object => ({ headers: { 'x-forwarded-for': address } });
    for (let i = 0; i < 10; i++) {
      const vandal = await Talker.native(gateway.wsUrl, { client_id: `v${i}` }, from('203.0.113.5'));
      vandal.socket.terminate();
    }
    await until(
      async () => (await gauge(gateway.managementUrl, 'gateway_connections')).websocket === 0,
      'the gateway to notice',
    );
    const client = await Talker.native(gateway.wsUrl, { client_id: 'c', capabilities: ['switch'] });
    await publish(gateway.mcpUrl, 'c', { payload: 1 });
    await client.settled();
    expect(client.frames.filter(({ payload }) => payload?.status === 'switch')).toEqual([]);
    await client.close();
  });
});
