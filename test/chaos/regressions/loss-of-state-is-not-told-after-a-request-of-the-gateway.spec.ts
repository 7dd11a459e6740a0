import { delay, errorIn, httpUnit, Stage, textIn, until } from '../../support/rogue.js';

/** `UpstreamSessions.lost` takes a request of the gateway's own for a call whose client has been told. */
describe('a unit that forgets a session when the gateway passes on a log level', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has its loss of state told', async () => {
    const [one, two] = [await stage.remote(), await stage.remote()];
    const gateway = await stage.gateway({ units: [httpUnit('u', one), httpUnit('v', two)] });
    const client = await stage.client(gateway.mcpUrl);
    expect(textIn(await client.call('u__count'))).toBe('1');
    await one.control({ options: { expireOn: 'logging/setLevel' } });
    await client.ask('logging/setLevel', { level: 'debug' });
    await until(() => one.journal.of('logging/setLevel').length > 0, 'the level');
    await delay(300);
    await one.control({ options: { expireOn: '' } });
    const answer = await client.call('u__count');
    // A counter that begins anew, and nobody said so.
    expect(textIn(answer)).not.toBe('1');
    expect(errorIn(answer)).toBe('state_lost');
  });
});
