import { httpUnit, Stage, textIn } from '../../support/rogue.js';

describe('tasks of two units under one id', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('are not taken for each other: the one that was there first is still reached', async () => {
    const [one, two] = [await stage.remote(), await stage.remote()];
    const gateway = await stage.gateway({ units: [httpUnit('u', one), httpUnit('v', two)] });
    const client = await stage.client(gateway.mcpUrl);
    await client.call('u__task', { id: 'task-1', secret: 'of u' }, { task: {} });
    await client.call('v__task', { id: 'task-1', secret: 'of v' }, { task: {} });
    // Either the first one, or an error that says so; never the other's result.
    expect(textIn(await client.ask('tasks/result', { taskId: 'task-1' }))).not.toBe('of v');
  });
});
