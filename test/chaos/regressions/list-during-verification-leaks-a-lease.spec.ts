import { delay, httpUnit, Stage, textIn } from '../../support/rogue.js';

/** `UpstreamSessions.linked` opens a second link when `relay.waiting` is set by a verification: the first is never released. */
describe('a list that is asked for while a shared link is being verified', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not replace the link under the calls of others', async () => {
    const remote = await stage.remote({ pingDelay: 1_000 });
    const unit = httpUnit('u', remote, { lease: 'shared', stateless: true, trusted: true });
    const gateway = await stage.gateway({ units: [unit] });
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => stage.client(gateway.mcpUrl)));
    await a!.ask('tools/list');
    const slow = a!.call('sleep', { ms: 2_500 });
    const broken = b!.call('cut-read', { once: true });
    await delay(300);
    await c!.ask('prompts/list');
    expect(textIn(await broken)).toBe('second time');
    expect(textIn(await slow)).toMatch(/^slept/);
    expect(remote.journal.of('initialize')).toHaveLength(1);
  });
});
