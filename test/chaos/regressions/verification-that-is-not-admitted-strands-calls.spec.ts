import { delay, httpUnit, Stage, textIn } from '../../support/rogue.js';

/** `UpstreamSessions.verify` → `RequestDispatcher.ask` → `admit` throws where nobody catches it. */
describe('a call that breaks off after it was cancelled, in a session with as many calls as it may have', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is no defect', async () => {
    const remote = await stage.remote({ holdCancel: 3_000 });
    const gateway = await stage.process({ units: [httpUnit('u', remote)], limits: { calls_per_session: 2 } });
    const client = await stage.client((await gateway.ready()).mcp);
    void client.call('cut', { ms: 800 }, {}, 3_000);
    await delay(100);
    await client.notify('notifications/cancelled', { requestId: client.lastId });
    await delay(100);
    // These wait behind the cancellation for their turn, but they count.
    void client.call('hang', {}, {}, 3_000);
    void client.call('hang', {}, {}, 3_000);
    await delay(1_500);
    expect(gateway.lines().filter(({ msg }) => String(msg).startsWith('defect'))).toEqual([]);
  });

  it('leaves later calls of the session answered', async () => {
    const remote = await stage.remote({ holdCancel: 1_500 });
    const unit = httpUnit('u', remote, { stateless: true, trusted: true });
    const gateway = await stage.process({ units: [unit], limits: { calls_per_session: 1 } });
    const client = await stage.client((await gateway.ready()).mcp);
    await client.ask('tools/list');
    void client.call('cut', { ms: 700 }, {}, 3_000);
    await delay(100);
    await client.notify('notifications/cancelled', { requestId: client.lastId });
    await delay(100);
    const slow = client.call('sleep', { ms: 300 });
    await delay(1_500);
    await slow;
    expect(textIn(await client.call('cut-read', { once: true }))).toBe('second time');
    expect(textIn(await client.call('whoami'))).toMatch(/^\d+$/);
  });
});
