import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds; jest.config.cjs allows a test a little more. */
const PATIENCE = 230_000;

export interface Finished {
  /** 130 when it was ended because it took too long. */
  code: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a Node script of ours to its end; SIGTERM shortly before Jest ends the test, which our commands take as the time to clean up. */
export async function runScript(script: string, args: readonly string[]): Promise<Finished> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [script, ...args], { env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const late = setTimeout(() => child.kill('SIGTERM'), PATIENCE);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  return { code, output };
}
