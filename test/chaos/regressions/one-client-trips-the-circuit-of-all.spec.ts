import { httpUnit, Stage, textIn } from '../../support/rogue.js';
import { RawSession } from '../../support/raw-http.js';

describe('one client whose calls break off at a unit that is well', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not close the unit to others', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote)] });
    const client = await stage.client(gateway.mcpUrl);
    for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 8 }, () => client.call('cut')));
    expect(await new RawSession(gateway.mcpUrl).initialize()).toHaveProperty('result');
  });

  it('does not put an instance out of service, where others are answered all the time', async () => {
    const remote = await stage.remote();
    const gateway = await stage.process({ units: [httpUnit('u', remote)] });
    const { mcp } = await gateway.ready();
    const [client, other] = [await stage.client(mcp), await stage.client(mcp)];
    for (let i = 0; i < 4; i++) {
      await client.call('cut');
      for (let j = 0; j < 5; j++) expect(textIn(await other.call('whoami'))).toBeDefined();
    }
    expect(gateway.lines().filter(({ msg }) => msg === 'instance_out')).toEqual([]);
  });
});
