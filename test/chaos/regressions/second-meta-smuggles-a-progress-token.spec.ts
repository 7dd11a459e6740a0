import { delay, Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** A repeated `_meta`: the gateway replaces the token of the last, a unit may take that of the first. */
describe('a call with two members `_meta`, at a shared unit that takes the first', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not report progress to another session', async () => {
    const unit = stdioUnit('u', { firstToken: true }, new Journal(), { lease: 'shared' });
    const gateway = await stage.gateway({ units: [unit] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    void b.call('sleep', { ms: 1_500 }, { _meta: { progressToken: 'of b' } });
    await delay(200);
    const before = b.heard.length;
    for (let i = 1; i < 10; i++) {
      const params = `{"_meta":{"progressToken":${i}},"_meta":{},"name":"whoami","arguments":{}}`;
      await a.session.post(`{"jsonrpc":"2.0","id":"x${i}","method":"tools/call","params":${params}}`);
    }
    await delay(200);
    expect(b.heard.slice(before).filter(({ params }) => params?.progress === 666)).toEqual([]);
  });
});
