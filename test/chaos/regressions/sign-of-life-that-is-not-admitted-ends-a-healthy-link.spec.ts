import { Journal, Stage, stdioUnit, textIn } from '../../support/rogue.js';

/** `UpstreamSessions.ping` goes through `RequestDispatcher.admit`: at the limit it is refused, and the unit is declared dead for it. */
describe('a session with as many calls in flight as it may have', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it.each([{ calls_per_session: 1 }, { calls_per_unit: 1 }])('keeps a unit that is well (%j)', async limits => {
    const calls = { silence: 200, ping_timeout: 400 };
    const gateway = await stage.gateway({ units: [stdioUnit('u', {}, new Journal())], limits, calls });
    const client = await stage.client(gateway.mcpUrl);
    expect(textIn(await client.call('sleep', { ms: 2_000 }))).toMatch(/^slept/);
  });
});
