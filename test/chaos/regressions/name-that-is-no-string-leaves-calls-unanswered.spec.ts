import { delay, errorIn, Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** `ToolAnnotations.safe` does `String(params.name)`, which throws inside `UpstreamSessions.lost` when half of the calls are answered. */
describe('a call whose name is an object, at a stateless and trusted unit that dies', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is answered, as are the calls beside it', async () => {
    const unit = stdioUnit('u', {}, new Journal(), { stateless: true, trusted: true });
    const gateway = await stage.process({ units: [unit] });
    const client = await stage.client((await gateway.ready()).mcp);
    const odd = client.ask('tools/call', { name: { toString: 1 }, arguments: {} });
    await delay(100);
    const hung = client.call('hang');
    await delay(100);
    const die = client.call('die');
    expect((await Promise.all([odd, hung, die])).map(errorIn)).toEqual(Array(3).fill('outcome_unknown'));
    expect(gateway.lines().filter(({ msg }) => String(msg).startsWith('defect'))).toEqual([]);
  });
});
