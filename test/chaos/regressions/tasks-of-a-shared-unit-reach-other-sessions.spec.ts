import { delay, httpUnit, Stage, textIn, until } from '../../support/rogue.js';

describe('tasks of one session at a unit whose leases are shared', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  async function two() {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { lease: 'shared' })] });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    const made = await a.call('task', { secret: 'of a' }, { task: {}, _meta: { progressToken: 'mine' } });
    return { a, b, taskId: made.result.task.taskId as string };
  }

  it('are not told to another', async () => {
    const { b } = await two();
    await delay(600);
    expect(JSON.stringify(b.heard)).not.toContain('of a');
  });

  it('are not listed, read or cancelled by another', async () => {
    const { a, b, taskId } = await two();
    expect(textIn(await a.ask('tasks/result', { taskId }))).toBe('of a');
    expect(textIn(await b.ask('tasks/result', { taskId }))).not.toBe('of a');
    expect(JSON.stringify(await b.ask('tasks/list'))).not.toContain(taskId);
    expect(JSON.stringify(await b.ask('tasks/get', { taskId }))).not.toContain('working');
  });

  it('report their progress to the one', async () => {
    const { a } = await two();
    const reports = () => a.heard.filter(({ method }) => method === 'notifications/progress');
    await until(() => reports().length > 0, 'the progress');
    await delay(100);
    expect(reports()).toHaveLength(1);
  });
});
