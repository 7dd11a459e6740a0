import { delay, httpUnit, Stage } from '../../support/rogue.js';

/** `RequestDispatcher.notify` looks up progress without the scope; questions are numbered one after the other. */
describe('a question to one of two sessions that share a link', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has no progress reported by the other', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { lease: 'shared' })] });
    const capabilities = { sampling: {} };
    const a = await stage.client(gateway.mcpUrl, capabilities);
    const b = await stage.client(gateway.mcpUrl, capabilities);
    void b.call('ask', { token: 'of b' }, {}, 2_000);
    await delay(200);
    for (let progressToken = 1; progressToken < 20; progressToken++) {
      await a.notify('notifications/progress', { progressToken, progress: 99 });
    }
    await delay(200);
    expect(remote.journal.of('notifications/progress')).toEqual([]);
  });
});
