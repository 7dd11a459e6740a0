import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from './until.js';
import { wholeLines } from './whole-lines.js';

/** The built gateway as a process of its own, with its configuration in a folder of its own. */
export class GatewayProcess {
  /** It has ended, and all that it said is here. */
  readonly exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  stdout = '';
  stderr = '';

  private constructor(
    readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    this.exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** @param config gateway.yaml as an object, or as text */
  static async spawn(
    config: object | string | undefined,
    env: Record<string, string> = {},
    args: string[] = [],
  ): Promise<GatewayProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'viable-'));
    if (config !== undefined) {
      const text = typeof config === 'string' ? config : JSON.stringify(config);
      await writeFile(join(folder, 'gateway.yaml'), text);
    }
    const ports = { MCP_PORT: '0', MCP_SSE_PORT: '0', MCP_WS_PORT: '0' };
    const child = spawn(process.execPath, [resolve('dist/main.js'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...ports, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new GatewayProcess(child, folder);
  }

  private get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get configFile(): string {
    return join(this.folder, 'gateway.yaml');
  }

  /** The fields of the log line that says it is ready. */
  async ready(): Promise<{ mcp: string; sse: string; websocket: string; management: string }> {
    const found = (): object | undefined => this.lines().find(line => line.msg === 'the gateway is ready');
    await until(() => found() !== undefined || this.ended, 'readiness');
    if (found() === undefined) throw new Error(`the gateway ended before it was ready:\n${this.stdout}${this.stderr}`);
    return found() as never;
  }

  /** What it logged, parsed. */
  lines(): Record<string, unknown>[] {
    return wholeLines(this.stdout)
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>);
  }

  /** Processes that were started by it and are alive. */
  async children(): Promise<number[]> {
    const ps = spawn('ps', ['-o', 'pid=', '--ppid', String(this.child.pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    ps.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(ps, 'close');
    return text.split('\n').filter(Boolean).map(Number);
  }

  async stop(): Promise<void> {
    if (!this.ended) {
      this.child.kill('SIGKILL');
      await this.exited;
    }
    await rm(this.folder, { recursive: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
