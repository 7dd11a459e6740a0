import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A client that runs, in a process or in a page, and what it has said so far. */
export interface RunningExample {
  /** What it wrote, line by line, errors included. */
  readonly lines: readonly string[];
  /** Ends it, however it stands. Safe to call twice. */
  stop(): Promise<void>;
}

/** Becomes the command; a guard beside it ends the group when its fourth stream does: when whoever holds it is gone. */
const GUARDED = '{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 & exec "$@" 3<&-';

/** An example as a process, with whatever it starts in a group of its own, so that nothing of it stays. */
export class ExampleProcess implements RunningExample {
  readonly lines: string[] = [];
  private readonly gone: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.gone = once(child, 'close');
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', line => this.lines.push(line));
    }
  }

  static async start(command: string, args: string[], env: Record<string, string> = {}): Promise<ExampleProcess> {
    const child = spawn('sh', ['-c', GUARDED, 'sh', command, ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    await once(child, 'spawn');
    // It may end at any moment; then there is nobody to write to.
    child.stdin.on('error', () => undefined);
    return new ExampleProcess(child);
  }

  /** Whether it has come to its end by itself. */
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** One line to its standard input. */
  say(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    try {
      process.kill(-this.child.pid!, 'SIGKILL');
    } catch {
      // Stopped before: nobody of the group is left.
    }
    await this.gone;
  }
}
