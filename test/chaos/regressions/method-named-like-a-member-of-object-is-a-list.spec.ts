import { Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** `isListMethod` looks with `in`, which finds what every object has. */
describe('a request for', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])('"%s" is unknown', async method => {
    const units = [stdioUnit('u', {}, new Journal()), stdioUnit('v', {}, new Journal())];
    const gateway = await stage.gateway({ units });
    const client = await stage.client(gateway.mcpUrl);
    expect(await client.ask(method)).toMatchObject({ error: { code: -32601 } });
  });
});
