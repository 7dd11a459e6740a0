import { errorIn, httpUnit, Stage, until } from '../../support/rogue.js';

/** `UpstreamSessions.again` answers with the reason of the last try alone, and `RequestDispatcher.release` refuses with its own. */
describe('a call that broke off, and whose second try was provably not made', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has an unknown outcome', async () => {
    const remote = await stage.remote();
    const unit = httpUnit('u', remote, { stateless: true, trusted: true });
    const gateway = await stage.gateway({ units: [unit] });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('tools/list');
    const call = client.call('cut-read', { ms: 1_500 });
    await until(() => remote.journal.of('tools/call').length === 1, 'the first try');
    await remote.control({ options: { expireOn: 'tools/call' } });
    expect(errorIn(await call)).toBe('outcome_unknown');
  });
});
