import { delay, Journal, Stage, stdioUnit, textIn } from '../../support/rogue.js';

/** `FederatedSession.seeking` is in nobody's `load`. */
describe('a call that waits for lists when the gateway drains', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is carried out in the time that a drain has', async () => {
    const units = [stdioUnit('slow', { listDelay: 800 }, new Journal()), stdioUnit('v', {}, new Journal())];
    const gateway = await stage.gateway({ units, drain_timeout: 5_000 });
    const client = await stage.client(gateway.mcpUrl);
    const call = client.call('slow__whoami');
    await delay(200);
    const stopped = gateway.stop();
    expect(textIn(await call)).toMatch(/^\d+$/);
    await stopped;
  });
});
