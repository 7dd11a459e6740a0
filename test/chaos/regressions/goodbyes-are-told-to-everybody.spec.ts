import { Stage } from '../../support/rogue.js';
import { Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

const CLIENTS = 120;

describe('clients that hear of each other, when the gateway leaves', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('are told that it leaves, and not n times n that the others go', async () => {
    const gateway = await stage.gateway({ units: [{ name: 'u', kind: 'mcp', command: 'true' }] });
    const names = Array.from({ length: CLIENTS }, (_, i) => `c${i}`);
    const clients: Talker[] = [];
    for (const client_id of names) clients.push(await Talker.native(gateway.wsUrl, { client_id, scopes: 'presence' }));
    for (const client of clients) await client.settled();
    await gateway.stop();
    await until(() => clients.every(({ code }) => code !== undefined), 'the end of all');
    const frames = clients.flatMap(client => client.frames);
    expect(frames.filter(({ payload }) => payload?.status === 'offline')).toHaveLength(0);
    expect(frames.filter(({ type }) => type === 'shutdown')).toHaveLength(CLIENTS);
  });
});
