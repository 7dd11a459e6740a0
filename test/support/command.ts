import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  /** 130 when it was ended because it took too long. */
  code: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a Node script of ours to its end; SIGTERM after `within` ms, which our commands take as the time to clean up. */
export async function runScript(script: string, args: readonly string[], within: number): Promise<Finished> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [script, ...args], { env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const late = setTimeout(() => child.kill('SIGTERM'), within);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  return { code, output };
}
