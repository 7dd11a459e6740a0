import { existsSync, readFileSync } from 'node:fs';
import { createServer, IncomingMessage, request, Server, ServerResponse } from 'node:http';
import { AddressInfo, connect } from 'node:net';
import { Duplex } from 'node:stream';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { Network } from './network.js';

const PHOENIX = resolve('node_modules/phoenix/priv/static/phoenix.mjs');
const BUILT = resolve('dist');
const IMPORTS = { phoenix: '/phoenix.mjs', 'viable/client': ourClient() };

/**
 * A site on loopback whose pages run one script each, with what they import. Like an Ingress it passes the gateway's
 * paths on, so that a page may also name them without a host.
 */
export class WebSite {
  private readonly scripts: string[] = [];
  /** What has become of upgraded connections; the server no longer knows them. */
  private readonly tunnels = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    private readonly network: () => Network,
  ) {
    server.on('request', (incoming, response) => this.answer(incoming, response));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => this.tunnel(incoming, socket));
  }

  /** @param network asked at each request, as it may be another one by then */
  static async start(network: () => Network): Promise<WebSite> {
    const server = createServer();
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return new WebSite(server, network);
  }

  /** The URL of a page that runs this as a module. */
  page(script: string): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/page/${this.scripts.push(script) - 1}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    for (const end of this.tunnels) end.destroy();
    await new Promise(done => this.server.close(done));
  }

  private answer(incoming: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(incoming.url!, 'http://site');
    const [, folder, name = ''] = pathname.split('/');
    if (folder === 'mcp') return this.forward(incoming, response);
    if (folder === 'page') return send(response, 'text/html', pageOf(name));
    if (folder === 'script') return send(response, 'text/javascript', this.scripts[Number(name)]);
    if (folder === 'api') return send(response, 'application/json', '{"from":"REST"}');
    if (pathname === IMPORTS.phoenix) return send(response, 'text/javascript', readFileSync(PHOENIX));
    if (folder === 'dist') return send(response, 'text/javascript', built(pathname));
    // Also what a page leaves for, such as /login.
    send(response, 'text/html', '<title>elsewhere</title>');
  }

  private forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, headers, url: path } = incoming;
    const port = portOf(this.network(), path!);
    const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, answer => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.on('close', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  private tunnel({ method, url, rawHeaders }: IncomingMessage, near: Duplex): void {
    const far = connect(portOf(this.network(), url!), '127.0.0.1');
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    far.write(`${lines.join('\r\n')}\r\n\r\n`);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.tunnels.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.tunnels.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }
}

const portOf = (network: Network, path: string): number =>
  path.startsWith('/mcp/ws') ? network.wsPort : network.ssePort;

const pageOf = (name: string): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module" src="/script/${encodeURIComponent(name)}"></script>
`;

/** Where package.json says that `viable/client` is; a page finds it there as a package manager's user does. */
function ourClient(): string {
  const { exports = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports?: Record<string, any> };
  const entry = exports['./client'];
  const file: string = typeof entry === 'string' ? entry : (entry?.browser ?? entry?.import ?? entry?.default ?? './-');
  return file.slice('.'.length);
}

/** A script as the build left it; nothing above its folder. */
function built(pathname: string): Buffer | undefined {
  const file = join(BUILT, normalize(pathname.slice('/dist'.length)));
  return file.startsWith(BUILT + sep) && extname(file) === '.js' && existsSync(file) ? readFileSync(file) : undefined;
}

function send(response: ServerResponse, type: string, body: string | Buffer | undefined): void {
  if (body === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
