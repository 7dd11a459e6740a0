import { delay, httpUnit, Stage, until } from '../../support/rogue.js';

/** `UpstreamSessions.reclaim` takes a line's link for good, though sessions wait for what comes on it. */
describe('a line that nobody has asked anything for the idle time of the pool', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('still tells its sessions that lists have changed', async () => {
    const [remote, other] = [await stage.remote(), await stage.remote()];
    const units = [httpUnit('u', remote), httpUnit('v', other)];
    const gateway = await stage.gateway({ units, pool: { idle_timeout: 300 } });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('tools/list');
    await delay(1_500);
    await remote.control({ grow: 'new' });
    await until(() => client.heard.some(({ method }) => method.endsWith('list_changed')), 'list_changed');
  });

  it.each(['shared', 'exclusive'])('still tells of resources (%s, stateless)', async lease => {
    const remote = await stage.remote();
    const units = [httpUnit('u', remote, { lease, stateless: true })];
    const gateway = await stage.gateway({ units, pool: { idle_timeout: 300 } });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('resources/subscribe', { uri: 'x://y' });
    await delay(1_500);
    await remote.control({ update: 'x://y' });
    await until(() => client.heard.some(({ method }) => method.endsWith('updated')), 'updated');
  });
});
