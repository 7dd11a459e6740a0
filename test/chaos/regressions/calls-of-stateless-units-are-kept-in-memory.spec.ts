import { statSync } from 'node:fs';
import { heldMemory, INSPECTED } from '../../support/held-memory.js';
import { Journal, Stage, stdioUnit } from '../../support/rogue.js';
import { until } from '../../support/until.js';

/** Each call of a stateless unit is kept as a whole until it is answered, whether or not it may be sent again. */
describe('large calls in flight', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  async function grownBy(traits: object): Promise<number> {
    const journal = new Journal();
    const gateway = await stage.process({ units: [stdioUnit('u', {}, journal, traits)] }, INSPECTED);
    const client = await stage.client((await gateway.ready()).mcp);
    const before = await heldMemory(gateway);
    for (let i = 1; i <= 100; i++) {
      void client.call('hang', { padding: 'x'.repeat(3_000_000) }, {}, 100_000);
      await until(() => statSync(journal.path).size > i * 3_000_000, `call ${i} at the unit`);
    }
    return (await heldMemory(gateway)) - before;
  }

  it('hold about as much memory whatever the unit', async () => {
    const [stateful, stateless] = [await grownBy({}), await grownBy({ stateless: true })];
    console.info('grown by MB:', { stateful, stateless });
    expect(stateless).toBeLessThan(stateful + 100);
  });
});
