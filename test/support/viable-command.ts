import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { until } from './until.js';
import { wholeLines } from './whole-lines.js';

/** How long a command may take, in ms. */
const LONGEST = 60_000;

/** The built command line as a process of its own. */
export class ViableCommand {
  out = '';
  err = '';
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;

  /** @param env besides PATH and HOME */
  constructor(args: readonly string[], env: Record<string, string> = {}, input?: string) {
    const { PATH, HOME } = process.env;
    this.child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args], { env: { PATH, HOME, ...env } });
    this.child.stdin!.on('error', () => undefined).end(input);
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    const late = setTimeout(() => this.child.kill('SIGKILL'), LONGEST);
    this.ended = once(this.child, 'close').then(([code]) => {
      clearTimeout(late);
      return code as number | null;
    });
  }

  async said(what: RegExp): Promise<void> {
    await until(() => what.test(this.out), `${String(what)} in ${JSON.stringify(this.out)}, ${this.err}`);
  }

  /** Each line of standard output, parsed. */
  get lines(): any[] {
    return wholeLines(this.out).map(line => JSON.parse(line));
  }
}

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export async function runViable(
  args: readonly string[],
  env?: Record<string, string>,
  input?: string,
): Promise<Outcome> {
  const command = new ViableCommand(args, env, input);
  const code = await command.ended;
  return { code, out: command.out, err: command.err };
}
