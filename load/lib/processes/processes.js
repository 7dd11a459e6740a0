/** The processes a bench run starts and ends: the lean unit and the gateway. Each is ended by its own pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { withFolder } from './folder.js';
import { cpuMs } from './proc.js';

export const LEAN_UNIT = fileURLToPath(new URL('../../lean-unit.mjs', import.meta.url));
export const GATEWAY = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** Milliseconds. */
const READY_WITHIN = 20_000;
const ENDS_WITHIN = 5_000;

const alive = new Set();
process.once('exit', () => alive.forEach(child => child.process.kill('SIGKILL')));

/** CPU time that those which are alive have used so far, in ms; NaN where there is no /proc. */
export const childrenCpu = () => [...alive].reduce((sum, child) => sum + (child.cpu() ?? NaN), 0);

class Child {
  constructor(process) {
    this.process = process;
    alive.add(this);
    this.exited = once(process, 'exit').then(() => alive.delete(this));
  }

  /** CPU time this process has used so far, in ms, all threads; undefined where there is no /proc. */
  cpu() {
    return cpuMs(this.process.pid);
  }

  async end() {
    this.process.stdin?.end();
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), ENDS_WITHIN);
    await this.exited;
    clearTimeout(late);
  }
}

/**
 * A Node process without our environment: neither its secrets nor its NODE_OPTIONS belong into a measurement.
 * @param ipc `'ipc'` for a channel to talk to it
 */
export function startChild(args, { env = {}, stdin = 'ignore', stdout = 'pipe', stderr = 'inherit', ipc } = {}) {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, ...env }, stdio: [stdin, stdout, stderr, ...(ipc ? [ipc] : [])] };
  return new Child(spawn(process.execPath, args, options));
}

/**
 * Resolves with what `read` makes of the first line of output it knows.
 * @param onLine gets all lines, also those that come later
 */
async function firstLine(child, what, read, onLine) {
  const lines = createInterface({ input: child.process.stdout });
  if (onLine) lines.on('line', onLine);
  let late;
  const found = new Promise((resolve, reject) => {
    lines.on('line', line => {
      const known = read(line);
      if (known !== undefined) resolve(known);
    });
    const fail = () => reject(new Error(`${what} did not say that it is ready`));
    lines.once('close', fail);
    late = setTimeout(fail, READY_WITHIN);
  });
  try {
    return await found;
  } finally {
    clearTimeout(late);
    if (!onLine) lines.close();
    // Unread output would fill the pipe and stop the child.
    child.process.stdout.resume();
  }
}

/** The lean unit as an HTTP server, with these options: `{ url, child }`. */
export async function startHttpUnit(options = []) {
  const child = startChild([LEAN_UNIT, 'http', ...options]);
  const url = await firstLine(child, 'the lean unit', line => /^listening (\S+)$/.exec(line)?.[1]);
  return { url, child };
}

/**
 * A gateway with these units, on free ports of loopback: `{ urls, child }`.
 * @param units one, or a list of them
 * @param settings what the configuration has beside the units
 */
export async function startGateway(units, { settings = {}, ...options } = {}) {
  // It reads its configuration once.
  return withFolder(async folder => {
    const file = join(folder, 'gateway.json');
    await writeFile(file, JSON.stringify({ ...settings, units: [units].flat() }));
    return startGatewayWith(file, options);
  });
}

/**
 * The same with a configuration file that is there already; its ports are not used.
 * @param onLine gets each line of its log
 */
export async function startGatewayWith(file, { main = GATEWAY, nodeArgs = [], onLine } = {}) {
  const env = { MCP_PORT: '0', MCP_SSE_PORT: '0', MCP_WS_PORT: '0', NODE_ENV: 'production' };
  const child = startChild([...nodeArgs, resolve(main), '--config', file], { env });
  const read = line => {
    const { mcp, sse, websocket, management } = line.startsWith('{') ? JSON.parse(line) : {};
    return mcp && { http: mcp, sse, websocket, management };
  };
  const urls = await firstLine(child, 'the gateway', read, onLine);
  return { urls, child };
}
