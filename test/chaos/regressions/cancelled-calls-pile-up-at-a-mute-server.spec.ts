import { heldMemory, INSPECTED } from '../../support/held-memory.js';
import { delay, httpUnit, Stage } from '../../support/rogue.js';

/** A cancelled call leaves the table, but its POST stays until the unit has taken the cancellation. */
describe('calls that are made and cancelled at a server that takes no cancellations', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('are as many as a session may have, with all that they hold', async () => {
    const remote = await stage.remote({ holdCancel: 60_000 });
    const gateway = await stage.process(
      { units: [httpUnit('u', remote)], limits: { calls_per_session: 16 } },
      INSPECTED,
    );
    const client = await stage.client((await gateway.ready()).mcp);
    const before = await heldMemory(gateway);
    const padding = 'x'.repeat(1_000_000);
    for (let i = 0; i < 300; i++) {
      const abort = new AbortController();
      const body = { jsonrpc: '2.0', id: i, method: 'tools/call', params: { name: 'hang', arguments: { padding } } };
      void client.session.post(body, abort.signal).catch(() => undefined);
      await delay(10);
      await client.notify('notifications/cancelled', { requestId: i });
    }
    await delay(1_000);
    const grown = (await heldMemory(gateway)) - before;
    console.info('grown by MB:', grown);
    expect(grown).toBeLessThan(300);
  });
});
