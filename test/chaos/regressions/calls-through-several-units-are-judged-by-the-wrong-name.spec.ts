import { errorIn, httpUnit, Stage, textIn } from '../../support/rogue.js';

/** `JsonRpcMessage.rewrite` keeps the old view, so `ToolAnnotations.safe` looks up the name that the client sees. */
describe('a call that broke off, in a session with several units', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  async function open(unit: object, federation: object) {
    const remote = await stage.remote();
    const other = await stage.remote();
    const traits = { stateless: true, trusted: true, ...unit };
    const gateway = await stage.gateway({
      units: [httpUnit('u', remote, traits), httpUnit('other', other)],
      federation,
    });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('tools/list');
    return { client, remote };
  }

  it('is sent again if its tool only reads', async () => {
    const { client } = await open({}, {});
    expect(textIn(await client.call('u__cut-read', { once: true }))).toBe('second time');
  });

  it('is not sent again because its alias is the name of another tool that only reads', async () => {
    const aliases = { cut: 'cut-read', 'cut-read': 'cut_and_read' };
    const { client, remote } = await open({ aliases }, { names: 'priority' });
    const answer = await client.call('cut-read', { once: true });
    // What the client calls `cut-read` is `cut`, which does more than read.
    expect(remote.journal.of('tools/call').map(({ params }) => params.name)).toEqual(['cut']);
    expect(errorIn(answer)).toBe('outcome_unknown');
  });
});
