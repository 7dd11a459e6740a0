import { Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** `UnitCatalog.prepare` waits for a load under way again and again, however long it has been waited for. */
describe('a unit that never answers, beside one that is well', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('costs what is asked of the other at most once', async () => {
    const templates = [{ uriTemplate: 'x://{id}/part', name: 'part' }];
    const units = [
      stdioUnit('well', { templates }, new Journal()),
      stdioUnit('mute', { mute: 'initialize' }, new Journal()),
    ];
    const gateway = await stage.gateway({ units, federation: { list_timeout: 700 } });
    const client = await stage.client(gateway.mcpUrl);
    const time = async (work: () => Promise<any>): Promise<number> => {
      const from = Date.now();
      expect(await work()).toHaveProperty('result');
      return Date.now() - from;
    };
    const read = () => client.ask('resources/read', { uri: 'x://7/part' });
    const list = () => client.ask('tools/list');
    await read();
    await list();
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push(Math.max(await time(read), await time(list)));
    // Whatever else the machine is doing, one of them is not slow.
    expect(Math.min(...times)).toBeLessThan(300);
  });
});
