import { spawn, spawnSync, ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, AddressInfo } from 'node:net';
import { Scratch } from './scratch.js';
import { until } from './until.js';

export const haproxyMissing = spawnSync('haproxy', ['-v']).error ? 'needs HAProxy: apt-get install haproxy' : undefined;

/** A real HAProxy, with one backend. */
export class HAProxy {
  private constructor(
    readonly origin: string,
    private readonly child: ChildProcess,
    private readonly scratch: Scratch,
  ) {}

  /**
   * @param servers URLs
   * @param lines of the backend section
   */
  static async start(servers: readonly string[], lines: readonly string[]): Promise<HAProxy> {
    const scratch = await Scratch.make();
    const [port, peer] = await Promise.all([freePort(), freePort()]);
    const config = [
      'defaults',
      '  mode http',
      '  timeout connect 5s',
      '  timeout client 1h',
      '  timeout server 1h',
      // The controller has this section.
      'peers localinstance',
      `  peer local 127.0.0.1:${peer}`,
      'frontend all',
      `  bind 127.0.0.1:${port}`,
      '  default_backend gateways',
      'backend gateways',
      ...lines.map(line => `  ${line}`),
      ...servers.map((url, i) => `  server pod${i} ${new URL(url).host} check inter 200ms`),
      '',
    ];
    const file = await scratch.file('haproxy.cfg', config.join('\n'));
    const child = spawn('haproxy', ['-db', '-L', 'local', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const proxy = new HAProxy(`http://127.0.0.1:${port}`, child, scratch);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const listens = (): Promise<boolean> =>
      fetch(`${proxy.origin}/mcp`).then(
        ({ status }) => status !== 503,
        () => false,
      );
    try {
      await until(async () => child.exitCode !== null || (await listens()), 'HAProxy');
      if (child.exitCode !== null) throw new Error(said);
      return proxy;
    } catch (error) {
      await proxy.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill();
      await exited;
    }
    await this.scratch.remove();
  }
}

/** It cannot say which port it was given. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(closed => server.close(closed));
  return port;
}
