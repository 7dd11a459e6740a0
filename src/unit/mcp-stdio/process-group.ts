import { ChildProcess, spawn } from 'node:child_process';

/** Milliseconds a child has after its stdin was closed, and after SIGTERM. */
const GRACE = { stdin: 500, term: 2_000 };

const alive = new Set<number>();

/** A gateway that dies takes its children's groups along; there is no time for grace then. */
process.once('exit', () => alive.forEach(pid => signalGroup(pid, 'SIGKILL')));

export interface Command {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string | undefined;
}

/** What children inherit of the gateway's environment: enough to run, none of its secrets. */
const INHERITED = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'TZ', 'USER'];

/**
 * A child process at the head of a process group of its own, so that whatever it starts ends with it.
 * POSIX `setpgid`; the group's id is the child's pid.
 */
export class ProcessGroup {
  private ending: Promise<void> | undefined;
  private readonly exited: Promise<void>;

  private constructor(readonly child: ChildProcess) {
    const pid = child.pid!;
    alive.add(pid);
    this.exited = new Promise(resolve =>
      child.once('exit', () => {
        signalGroup(pid, 'SIGKILL');
        alive.delete(pid);
        resolve();
      }),
    );
  }

  /** @throws the error of `spawn`, such as ENOENT */
  static start({ command, args, env, cwd }: Command): Promise<ProcessGroup> {
    const inherited = INHERITED.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
    const child = spawn(command, args, {
      cwd,
      env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        child.off('error', reject);
        child.on('error', () => undefined);
        resolve(new ProcessGroup(child));
      });
    });
  }

  /** Ends the group as MCP 2025-11-25, lifecycle, has it: close stdin, then SIGTERM, then SIGKILL. */
  end(): Promise<void> {
    this.ending ??= this.shutdown();
    return this.ending;
  }

  private async shutdown(): Promise<void> {
    const pid = this.child.pid!;
    this.child.stdin?.end();
    if (await this.exitsWithin(GRACE.stdin)) return;
    signalGroup(pid, 'SIGTERM');
    if (await this.exitsWithin(GRACE.term)) return;
    signalGroup(pid, 'SIGKILL');
    await this.exited;
  }

  private async exitsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>(resolve => (timer = setTimeout(() => resolve(false), ms)));
    const exited = await Promise.race([this.exited.then(() => true), timeout]);
    clearTimeout(timer);
    return exited;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is gone already.
  }
}
