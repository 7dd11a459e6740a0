import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface RunningFixture {
  /** What the fixture said after `listening`. */
  url: string;
  pid: number;
  /** Ends the process: SIGTERM, and SIGKILL two seconds later. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Runs a Node script until `stop()`, and waits for it to print `listening URL`.
 * It is connected by an IPC channel, so that it gets `disconnect` if the test dies before it can stop it.
 *
 * @throws when the script ends, or has said nothing after ten seconds; the message has its stderr
 */
export async function startFixture(script: string, args: string[] = []): Promise<RunningFixture> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await exited;
    clearTimeout(impatience);
  }

  let patience: NodeJS.Timeout | undefined;
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const refuse = (why: string) => reject(new Error(`${script} ${why}\n${stderr}`));
      createInterface({ input: child.stdout! }).on('line', line => {
        const [, announced] = /^listening (\S+)$/.exec(line) ?? [];
        if (announced) resolve(announced);
      });
      exited.then(([code, signal]) => refuse(`ended at once (${signal ?? code})`), reject);
      patience = setTimeout(() => refuse('did not listen within a minute'), 60_000);
    });
    return { url, pid: child.pid!, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}
