import { delay, httpUnit, Journal, Stage, stdioUnit } from '../../support/rogue.js';

describe.each(['http', 'stdio'])('on a shared %s link, a question of a call that was cancelled', wire => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not go to the session whose call is the only one left', async () => {
    const shared = { lease: 'shared' };
    const unit =
      wire === 'stdio'
        ? stdioUnit('u', {}, new Journal(), shared)
        : httpUnit('u', await stage.remote({ holdCancel: 1_500 }), shared);
    const gateway = await stage.gateway({ units: [unit] });
    const capabilities = { sampling: {} };
    const a = await stage.client(gateway.mcpUrl, capabilities);
    const b = await stage.client(gateway.mcpUrl, capabilities);
    void a.call('sleep', { ms: 1_500 }, {}, 3_000);
    void b.call('ask', { ms: 400, data: 'secret of b' }, {}, 3_000);
    await delay(100);
    await b.notify('notifications/cancelled', { requestId: b.lastId });
    await delay(900);
    expect(JSON.stringify(a.heard)).not.toContain('secret of b');
  });
});
