/** The processes a bench run starts and ends: the lean unit and the gateway. Each is ended by its own pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const LEAN_UNIT = fileURLToPath(new URL('../lean-unit.mjs', import.meta.url));
export const GATEWAY = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Milliseconds. */
const READY_WITHIN = 20_000;
const ENDS_WITHIN = 5_000;
/** Linux counts CPU time in hundredths of a second, on every architecture Node runs on. */
const MS_PER_TICK = 10;

const alive = new Set();
process.once('exit', () => alive.forEach(child => child.process.kill('SIGKILL')));

class Child {
  constructor(process) {
    this.process = process;
    alive.add(this);
    this.exited = once(process, 'exit').then(() => alive.delete(this));
  }

  /** CPU time this process has used so far, in ms, all threads; undefined where there is no /proc. */
  cpu() {
    const file = `/proc/${this.process.pid}/stat`;
    if (!existsSync(file)) return undefined;
    // The second field is the command in parentheses and may hold blanks: count from behind it.
    const stat = readFileSync(file, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  async end() {
    this.process.stdin?.end();
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), ENDS_WITHIN);
    await this.exited;
    clearTimeout(late);
  }
}

/** A Node process without our environment: neither its secrets nor its NODE_OPTIONS belong into a measurement. */
export function startChild(args, { env = {}, stdin = 'ignore' } = {}) {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, ...env }, stdio: [stdin, 'pipe', 'inherit'] };
  return new Child(spawn(process.execPath, args, options));
}

/** Resolves with what `read` makes of the first line of output it knows. */
async function firstLine(child, what, read) {
  const lines = createInterface({ input: child.process.stdout });
  const late = setTimeout(() => lines.close(), READY_WITHIN);
  try {
    for await (const line of lines) {
      const found = read(line);
      if (found !== undefined) return found;
    }
    throw new Error(`${what} did not say that it is ready`);
  } finally {
    clearTimeout(late);
    // Unread output would fill the pipe and stop the child.
    child.process.stdout.resume();
  }
}

/** The lean unit as an HTTP server: `{ url, child }`. */
export async function startHttpUnit() {
  const child = startChild([LEAN_UNIT, 'http']);
  const url = await firstLine(child, 'the lean unit', line => /^listening (\S+)$/.exec(line)?.[1]);
  return { url, child };
}

/** A gateway with this one unit, on free ports of loopback: `{ urls, child }`. */
export async function startGateway(unit, { main = GATEWAY, nodeArgs = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'viable-bench-'));
  try {
    const file = join(folder, 'gateway.json');
    await writeFile(file, JSON.stringify({ units: [unit] }));
    const env = { MCP_PORT: '0', MCP_SSE_PORT: '0', MCP_WS_PORT: '0', NODE_ENV: 'production' };
    const child = startChild([...nodeArgs, resolve(main), '--config', file], { env });
    const urls = await firstLine(child, 'the gateway', line => {
      const entry = line.startsWith('{') ? JSON.parse(line) : {};
      return entry.mcp && { http: entry.mcp, websocket: entry.websocket };
    });
    return { urls, child };
  } finally {
    // It reads its configuration once.
    await rm(folder, { recursive: true });
  }
}
