import { Journal, Stage, stdioUnit } from '../../support/rogue.js';

describe('a unit that lists one tool many times under a long name', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not make each list of everybody a hundred times as long', async () => {
    const tools = Array.from({ length: 400 }, () => ({ name: 'n'.repeat(250) }));
    const units = [stdioUnit('u', { tools }, new Journal()), stdioUnit('v', {}, new Journal())];
    const gateway = await stage.gateway({ units });
    const client = await stage.client(gateway.mcpUrl);
    const page = JSON.stringify(await client.ask('tools/list'));
    expect(page.length).toBeLessThan(20_000);
  });
});
