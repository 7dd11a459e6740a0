import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { until } from './until.js';

const SCRIPT = resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js');

/** The MCP project's reference server as a unit, one child for each session. */
export const EVERYTHING = { name: 'everything', kind: 'mcp', command: process.execPath, args: [SCRIPT, 'stdio'] };

export interface RunningEverything {
  url: string;
  /** What it has written so far, stdout and stderr together. */
  output(): string;
  stop(): Promise<void>;
}

/** The reference server as one process of its own, behind one of its HTTP transports. */
export async function startEverything(mode: 'streamableHttp' | 'sse'): Promise<RunningEverything> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, [SCRIPT, mode], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await until(() => output.includes(`on port ${port}`), `server-everything ${mode} to listen`);
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${output}`, { cause: error });
  }
  const path = mode === 'sse' ? '/sse' : '/mcp';
  return { url: `http://127.0.0.1:${port}${path}`, output: () => output, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
