import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { resolve } from 'node:path';
import { WebSocket } from 'ws';
import { GatewayProcess, isAlive } from '../support/gateway-process.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';

globalThis.WebSocket ??= WebSocket as never;

const slow = { name: 'slow', kind: 'mcp', command: process.execPath, args: [resolve('test/fixtures/slow-unit.mjs')] };

let gateway: GatewayProcess;
afterEach(() => gateway.stop());

describe('SIGTERM', () => {
  const CLIENTS = 5;
  const CALLS = 10;

  it('lets 50 running calls finish on every door, refuses new ones, and exits 0 with no child left', async () => {
    gateway = await GatewayProcess.spawn({ units: [slow] });
    const urls = await gateway.ready();
    const transports = [
      () => new StreamableHTTPClientTransport(new URL(urls.mcp)),
      () => new SSEClientTransport(new URL(urls.sse)),
      () => new WebSocketClientTransport(new URL(urls.websocket)),
    ];
    const clients = Array.from({ length: CLIENTS }, () => new Client({ name: 'drain', version: '1' }));
    await Promise.all(clients.map((client, i) => client.connect(transports[i % transports.length]!())));

    const started = new Set<string>();
    const calls = clients.flatMap((client, c) =>
      Array.from({ length: CALLS }, (_, n) =>
        client.callTool({ name: 'work', arguments: { steps: 50, ms: 100, size: c * CALLS + n + 1 } }, undefined, {
          onprogress: () => started.add(`${c}.${n}`),
        }),
      ),
    );
    await until(() => started.size === CLIENTS * CALLS, 'every call to be running');
    const children = await gateway.children();
    expect(children).toHaveLength(CLIENTS);

    gateway.child.kill('SIGTERM');
    await until(() => gateway.stdout.includes('drain_started'), 'the drain');
    expect((await fetch(`${urls.management}/ready`)).status).toBe(503);
    const late = await new RawSession(urls.mcp).request('initialize', {});
    expect(late.status).toBe(503);
    expect(late.headers.get('retry-after')).toBe('1');
    expect(await late.json()).toMatchObject({ error: { data: { error: 'draining' } } });

    const results = await Promise.all(calls);
    const sizes = results.map(result => (result.content as { text: string }[])[0]!.text.length);
    expect(sizes).toEqual(Array.from({ length: CLIENTS * CALLS }, (_, i) => i + 1));
    expect(await gateway.exited).toEqual([0, null]);
    expect(children.filter(isAlive)).toEqual([]);
    expect(gateway.lines().at(-1)).toMatchObject({ msg: 'drain_finished', callsLeft: 0 });
    await Promise.all(clients.map(client => client.close().catch(() => undefined)));
  });

  it('does not wait longer than drain_timeout for a call that does not end', async () => {
    gateway = await GatewayProcess.spawn({ units: [slow], drain_timeout: 200 });
    const urls = await gateway.ready();
    const session = new RawSession(urls.mcp);
    await session.initialize();
    const call = session.request('tools/call', { name: 'work', arguments: { steps: 1, ms: 60_000 } });
    const response = await call;
    const children = await gateway.children();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toEqual([0, null]);
    expect(await response.text()).toContain('"error":"outcome_unknown"');
    expect(gateway.lines().at(-1)).toMatchObject({ msg: 'drain_finished', callsLeft: 1 });
    expect(children.filter(isAlive)).toEqual([]);
  });
});

describe('start-up', () => {
  const echo = { units: [{ name: 'echo', kind: 'echo' }] };

  it('prints the doors and a block for a client configuration that can be pasted', async () => {
    gateway = await GatewayProcess.spawn(echo);
    const urls = await gateway.ready();
    await until(() => /mcpServers[^]*\}\s*\}\s*\}/.test(gateway.stderr), 'the banner');
    for (const url of [urls.mcp, urls.sse, urls.websocket]) expect(gateway.stderr).toContain(url);
    const block = gateway.stderr.slice(gateway.stderr.indexOf('{'), gateway.stderr.lastIndexOf('}') + 1);
    expect(JSON.parse(block)).toEqual({ mcpServers: { viable: { type: 'http', url: urls.mcp } } });
  });

  it.each([
    ['a bad value', { ...echo, pool: { size: -1 } }, {}, /pool\.size: got -1 \(number\), allowed: /],
    ['an unknown key', { ...echo, pol: {} }, {}, /pol.*pool/],
    ['an exposed host without credentials', echo, { MCP_HOST: '0.0.0.0' }, /MCP_HOST \(host\).*MCP_AUTH_TOKEN/],
    ['no configuration at all', undefined, {}, /gateway\.yaml/],
    ['text that is no YAML', 'units: [', {}, /gateway\.yaml/],
  ])('refuses %s with exit code 78 before it listens', async (_, config, env, message) => {
    gateway = await GatewayProcess.spawn(config, env);
    expect(await gateway.exited).toEqual([78, null]);
    expect(gateway.stderr).toMatch(message);
    expect(gateway.stdout).toBe('');
  });

  it('says which port is taken and exits 1', async () => {
    const first = await GatewayProcess.spawn(echo);
    try {
      const { port } = new URL((await first.ready()).mcp);
      gateway = await GatewayProcess.spawn(echo, { MCP_SSE_PORT: port });
      expect(await gateway.exited).toEqual([1, null]);
      expect(gateway.stdout).toMatch(new RegExp(`EADDRINUSE.*${port}`));
    } finally {
      await first.stop();
    }
  });

  it.each([
    [['--help'], 0, /Usage: viable-gateway/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--check'], 0, /in order: 1 unit/],
  ])('%s', async (args, code, text) => {
    gateway = await GatewayProcess.spawn(echo, {}, args);
    expect(await gateway.exited).toEqual([code, null]);
    expect(gateway.stdout).toMatch(text);
  });

  it('answers an unknown option with its usage and exit code 64', async () => {
    gateway = await GatewayProcess.spawn(echo, {}, ['--nonsense']);
    expect(await gateway.exited).toEqual([64, null]);
    expect(gateway.stderr).toMatch(/--nonsense[\s\S]*Usage:/);
  });
});
