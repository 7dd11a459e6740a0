import { delay, httpUnit, Stage, textIn, until } from '../../support/rogue.js';

/** `UpstreamSessions.failed` takes a refused connection for the end of the link, whatever is in flight on others. */
describe('an instance that stops listening and finishes what it has', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('answers what it has', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote)] });
    const client = await stage.client(gateway.mcpUrl);
    const slow = client.call('sleep', { ms: 1_500 });
    await until(() => remote.journal.of('tools/call').length === 1, 'the call');
    await remote.control({ deaf: true });
    await delay(100);
    for (let i = 0; i < 2; i++) void client.call('whoami');
    expect(textIn(await slow)).toMatch(/^slept/);
  });
});
