import { Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** `ToolAnnotations.learn` throws on it before the answer is passed on. */
describe('a trusted unit that lists null among its tools', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has its answer passed on', async () => {
    const unit = stdioUnit('u', { tools: [null] }, new Journal(), { trusted: true });
    const gateway = await stage.gateway({ units: [unit] });
    const client = await stage.client(gateway.mcpUrl);
    expect(await client.ask('tools/list', {})).toHaveProperty('result');
  });

  it('has its other tools listed among those of several units', async () => {
    const unit = stdioUnit('u', { tools: [null] }, new Journal(), { trusted: true });
    const gateway = await stage.gateway({ units: [unit, stdioUnit('v', {}, new Journal())] });
    const client = await stage.client(gateway.mcpUrl);
    await client.ask('tools/list', {});
    expect(JSON.stringify(await client.ask('tools/list', {}))).toContain('u__whoami');
  });
});
