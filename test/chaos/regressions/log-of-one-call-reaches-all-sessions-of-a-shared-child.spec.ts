import { delay, Journal, Stage, stdioUnit } from '../../support/rogue.js';

describe('on a shared stdio link with calls of two sessions in flight', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('what the unit logs for one is not told to the other', async () => {
    const gateway = await stage.gateway({ units: [stdioUnit('u', {}, new Journal(), { lease: 'shared' })] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    for (const client of [a, b]) await client.ask('logging/setLevel', { level: 'debug' });
    void b.call('sleep', { ms: 800 });
    await a.call('log', { ms: 200, data: 'secret of a', after: 200 });
    await delay(100);
    expect(JSON.stringify(b.heard)).not.toContain('secret of a');
  });

  it('what it logs for an answered call is not told to another', async () => {
    const gateway = await stage.gateway({ units: [stdioUnit('u', {}, new Journal(), { lease: 'shared' })] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    for (const client of [a, b]) await client.ask('logging/setLevel', { level: 'debug' });
    void b.call('sleep', { ms: 800 });
    void a.call('log', { ms: 300, data: 'secret of a' });
    await delay(100);
    await a.notify('notifications/cancelled', { requestId: a.lastId });
    await delay(500);
    expect(JSON.stringify(b.heard)).not.toContain('secret of a');
  });
});
