import { delay, httpUnit, Stage, stdioUnit, Journal } from '../../support/rogue.js';

describe('a unit whose list changes with each look at it', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is asked, and its clients are told, a few times a second at most', async () => {
    const remote = await stage.remote({ changing: true });
    const gateway = await stage.gateway({ units: [httpUnit('u', remote), stdioUnit('v', {}, new Journal())] });
    const client = await stage.client(gateway.mcpUrl);
    // Until the line has a stream on which it hears of changes.
    await delay(500);
    await client.ask('tools/list');
    const [asked, told] = [remote.journal.of('tools/list').length, client.heard.length];
    await delay(2_000);
    expect(remote.journal.of('tools/list').length - asked).toBeLessThan(20);
    expect(client.heard.length - told).toBeLessThan(20);
  });
});
