import { readFile } from 'node:fs/promises';
import { delay, Journal, Stage, stdioUnit } from '../../support/rogue.js';

jest.setTimeout(120_000);

/** Each call of a stateless unit is kept as a whole until it is answered, whether or not it may be sent again. */
describe('large calls in flight', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  async function grownBy(traits: object): Promise<number> {
    const gateway = await stage.process({ units: [stdioUnit('u', {}, new Journal(), traits)] });
    const client = await stage.client((await gateway.ready()).mcp);
    const rss = async (): Promise<number> => {
      const status = await readFile(`/proc/${gateway.child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    };
    const before = await rss();
    for (let i = 0; i < 200; i++) {
      void client.call('hang', { padding: 'x'.repeat(3_000_000) }, {}, 30_000);
      await delay(25);
    }
    await delay(3_000);
    return (await rss()) - before;
  }

  it('hold about as much memory whatever the unit', async () => {
    const [stateful, stateless] = [await grownBy({}), await grownBy({ stateless: true })];
    console.info('grown by MB:', { stateful, stateless });
    expect(stateless).toBeLessThan(stateful + 200);
  });
});
