import { delay, httpUnit, Journal, Stage, stdioUnit } from '../../support/rogue.js';

describe('a unit that dies again and again with nobody calling it', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('at tools/list, is started less and less often', async () => {
    const journal = new Journal();
    const gateway = await stage.gateway({
      units: [stdioUnit('dying', { dieOn: 'tools/list' }, journal), stdioUnit('well', {}, new Journal())],
      federation: { list_timeout: 300 },
    });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('tools/list');
    const before = journal.starts;
    await delay(5_000);
    // 500 ms, 1 s, 2 s: three tries in the time.
    expect(journal.starts - before).toBeLessThan(8);
  });

  it('at a subscription that is restored, is started less and less often', async () => {
    const journal = new Journal();
    const unit = stdioUnit('dying', { dieOn: 'resources/subscribe' }, journal, { stateless: true });
    const gateway = await stage.gateway({ units: [unit] });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('resources/subscribe', { uri: 'x://y' }, 2_000);
    const before = journal.starts;
    await delay(5_000);
    expect(journal.starts - before).toBeLessThan(8);
  });

  it('over HTTP, forgetting the session at a subscription that is restored', async () => {
    const remote = await stage.remote({ expireOn: 'resources/subscribe' });
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { stateless: true })] });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('resources/subscribe', { uri: 'x://y' }, 2_000);
    const before = remote.journal.of('initialize').length;
    await delay(5_000);
    expect(remote.journal.of('initialize').length - before).toBeLessThan(8);
  });
});
