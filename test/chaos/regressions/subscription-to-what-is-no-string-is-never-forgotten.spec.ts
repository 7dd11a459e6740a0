import { delay, Journal, Stage, stdioUnit, textIn } from '../../support/rogue.js';
import { DOORS } from '../../support/clients.js';
import { openRaw } from '../../support/raw-client.js';

/** `RequestDispatcher.remember` does `String(uri)`, which throws when the call is in the table already. */
describe('a subscription whose uri is an object', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('takes no place among the calls of the session, nor among those of the unit', async () => {
    const limits = { calls_per_session: 2 };
    const gateway = await stage.gateway({ units: [stdioUnit('u', {}, new Journal())], limits });
    const client = await stage.client(gateway.mcpUrl);
    for (let i = 0; i < 3; i++) await client.ask('resources/subscribe', { uri: { toString: 1 } });
    expect(textIn(await client.call('whoami'))).toMatch(/^\d+$/);
  });

  it('is answered once', async () => {
    const calls = { timeout: 300 };
    const gateway = await stage.gateway({ units: [stdioUnit('u', {}, new Journal())], calls });
    const client = await openRaw(DOORS[2]!, gateway);
    const params = { uri: { toString: 1 } };
    await client.send(JSON.stringify({ jsonrpc: '2.0', id: 'odd', method: 'resources/subscribe', params }));
    await delay(1_500);
    expect(client.received.filter(text => text.includes('"odd"'))).toHaveLength(1);
    client.close();
  });
});
