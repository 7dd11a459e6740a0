import { delay, httpUnit, Stage, until } from '../../support/rogue.js';

describe('two sessions that share a link, with log levels of their own', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('each get what they asked for', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { lease: 'shared' })] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    await a.ask('logging/setLevel', { level: 'debug' });
    await b.ask('logging/setLevel', { level: 'emergency' });
    const levels = () => remote.journal.of('logging/setLevel').map(({ params }) => params.level);
    await until(() => levels().length > 0, 'a level');
    await delay(100);
    // The unit must be left at what the most curious one wants …
    expect(levels().at(-1)).toBe('debug');
    // … and the other is spared what it does not want.
    await b.call('log', { level: 'debug', data: 'too much', after: 100 });
    expect(b.heard.filter(({ method }) => method === 'notifications/message')).toEqual([]);
  });
});
