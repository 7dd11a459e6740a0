import { errorIn, httpUnit, Stage, until } from '../../support/rogue.js';

/** The circuit was looked at when a call came, and not when it was its turn. */
describe('a call that waits for its turn while the circuit of its instance is forced open', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is refused when it is its turn, and is not sent', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({
      units: [httpUnit('u', remote)],
      regulation: { enabled: false },
      calls: { turn_timeout: 60_000 },
    });
    gateway.levers.set('s3', 'concurrency', 'u', 1, 'a test');
    const peer = await stage.client(gateway.mcpUrl);
    const first = peer.call('sleep', { ms: 3_000 });
    await until(() => remote.journal.of('tools/call').length === 1, 'the first call');
    const second = peer.call('whoami');
    await until(() => gateway.sight.vitals.units()[0]!.waiting === 1, 'the second call');
    gateway.levers.set('s3', 'circuit', `u/${new URL(remote.url).host}`, 'open', 'a test', 60_000);
    expect(errorIn(await second)).toBe('circuit_open');
    expect(errorIn(await first)).toBeUndefined();
    expect(remote.journal.of('tools/call')).toHaveLength(1);
  });
});
