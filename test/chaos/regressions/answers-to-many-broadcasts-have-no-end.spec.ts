import { Stage } from '../../support/rogue.js';
import { postJson, Talker } from '../../support/talker.js';

describe('a publisher that broadcasts many messages at once to many clients', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is not answered with what became of each for each of them', async () => {
    const gateway = await stage.gateway({ units: [{ name: 'u', kind: 'mcp', command: 'true' }] });
    const clients: Talker[] = [];
    for (let i = 0; i < 30; i++) clients.push(await Talker.native(gateway.wsUrl, { client_id: `c${i}` }));
    const answers = await postJson(
      `${gateway.mcpUrl}/broadcast`,
      Array.from({ length: 1_000 }, (_, i) => ({ payload: i })),
    );
    expect(answers).toHaveLength(1_000);
    expect(answers.flatMap(({ results = [] }: any) => results).length).toBeLessThanOrEqual(10_030);
    expect(answers[0].results).toHaveLength(30);
    for (const { counts } of answers) expect(counts.delivered + counts.queued).toBe(30);
    await Promise.all(clients.map(client => client.close()));
  });
});
