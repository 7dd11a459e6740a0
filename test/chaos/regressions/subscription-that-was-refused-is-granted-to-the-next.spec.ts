import { httpUnit, Stage } from '../../support/rogue.js';

/** `Line.mustTell` notes a subscriber before anybody knows whether the subscription is there, and never takes it back. */
describe('a subscription at a shared unit', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('that the unit refused to one session is not granted to another', async () => {
    const remote = await stage.remote({ refuse: 'resources/subscribe' });
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { lease: 'shared' })] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    expect(await a.ask('resources/subscribe', { uri: 'x://1' })).toHaveProperty('error');
    expect(await b.ask('resources/subscribe', { uri: 'x://1' })).toHaveProperty('error');
  });

  it('that the gateway refused for its limit is neither noted nor granted', async () => {
    const remote = await stage.remote();
    const units = [httpUnit('u', remote, { lease: 'shared' })];
    const gateway = await stage.gateway({ units, limits: { subscriptions_per_session: 2 } });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    for (let i = 0; i < 5; i++) await a.ask('resources/subscribe', { uri: `x://${i}` });
    const answer = await b.ask('resources/subscribe', { uri: 'x://4' });
    const told = remote.journal.of('resources/subscribe').some(({ params }) => params.uri === 'x://4');
    expect('result' in answer).toBe(told);
  });
});
