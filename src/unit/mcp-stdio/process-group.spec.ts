import { once } from 'node:events';
import { isAlive } from '../../../test/support/gateway-process.js';
import { until } from '../../../test/support/until.js';
import { ProcessGroup } from './process-group.js';

const start = (script: string): Promise<ProcessGroup> =>
  ProcessGroup.start({ command: process.execPath, args: ['-e', script], env: { MINE: 'yes' }, cwd: undefined });

async function firstLine(group: ProcessGroup): Promise<string> {
  const [chunk] = (await once(group.child.stdout!, 'data')) as [Buffer];
  return chunk.toString().trim();
}

describe('ProcessGroup', () => {
  it('ends a child that goes by itself when its stdin closes', async () => {
    const group = await start('process.stdin.resume(); console.log("up")');
    await firstLine(group);
    await group.end();
    expect(group.child.exitCode).toBe(0);
  });

  it('ends a child that ignores the end of stdin and SIGTERM', async () => {
    const group = await start('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")');
    await firstLine(group);
    await group.end();
    expect(group.child.signalCode).toBe('SIGKILL');
  });

  it('takes along what the child has started, also when the child dies first', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      console.log(grandchild.pid);
      process.stdin.resume();
    `;
    const group = await start(script);
    const grandchild = Number(await firstLine(group));
    expect(isAlive(grandchild)).toBe(true);
    group.child.kill('SIGKILL');
    await until(() => !isAlive(grandchild), 'the end of the grandchild');
    await group.end();
  });

  it('gives the child its own variables and a few of ours, none of our secrets', async () => {
    process.env.MCP_AUTH_TOKEN = 'secret';
    const group = await start('console.log(JSON.stringify(process.env)); process.stdin.resume()');
    const env = JSON.parse(await firstLine(group)) as Record<string, string>;
    delete process.env.MCP_AUTH_TOKEN;
    await group.end();
    expect(env).toMatchObject({ MINE: 'yes', PATH: process.env.PATH });
    expect(env.MCP_AUTH_TOKEN).toBeUndefined();
  });

  it('says why a command cannot be started', async () => {
    const starting = ProcessGroup.start({ command: 'no-such-command', args: [], env: {}, cwd: undefined });
    await expect(starting).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
