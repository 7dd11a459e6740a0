import { httpUnit, Stage, textIn, until } from '../../support/rogue.js';

/** `UpstreamSessions.greet` restores subscriptions by way of `RequestDispatcher.admit`, which counts those that are to be restored. */
describe('a session with as many subscriptions as it may have', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has them at the next instance, too', async () => {
    const [one, two] = [await stage.remote(), await stage.remote()];
    const units = [httpUnit('u', [one, two], { stateless: true })];
    const gateway = await stage.gateway({ units, limits: { subscriptions_per_session: 2 } });
    const client = await stage.client(gateway.mcpUrl);
    for (const uri of ['x://1', 'x://2']) await client.ask('resources/subscribe', { uri });
    const subscribed = (remote: typeof one) => remote.journal.of('resources/subscribe').length;
    const [from, to] = subscribed(one) > 0 ? [one, two] : [two, one];
    await from.stop();
    await client.call('whoami');
    expect(textIn(await client.call('whoami'))).toBe(String(to.pid));
    await until(() => subscribed(to) === 2, 'both subscriptions');
  });

  it('may subscribe again to what it is subscribed to', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote)], limits: { subscriptions_per_session: 1 } });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('resources/subscribe', { uri: 'x://1' });
    expect(await client.ask('resources/subscribe', { uri: 'x://1' })).toHaveProperty('result');
  });
});
