import { httpUnit, Stage, until } from '../../support/rogue.js';

/** The pool knew of a link for a second whose relay nobody counted any more; with one after the other the audit told of it. */
describe('a link that was left and ends a moment after its last call', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is no discrepancy', async () => {
    const remotes = await Promise.all([stage.remote(), stage.remote()]);
    const gateway = await stage.gateway({
      units: [httpUnit('u', remotes, { stateless: true })],
      regulation: { enabled: false },
    });
    const peer = await stage.client(gateway.mcpUrl);
    const slow = peer.call('sleep', { ms: 500 });
    await until(() => remotes.some(({ journal }) => journal.of('tools/call').length === 1), 'the call');
    const home = remotes.find(({ journal }) => journal.of('tools/call').length === 1)!;
    gateway.levers.set('s3', 'drained', `u/${new URL(home.url).host}`, true, 'a test');
    await slow;
    await peer.call('whoami');
    const leases = gateway.sight.audit.leases().filter(({ what }) => what === 'leases');
    for (const { booked, found } of leases) expect(booked).toBe(found);
  });
});
