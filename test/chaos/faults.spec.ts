import { createServer as createHttpServer } from 'node:http';
import { AddressInfo, createServer, Server } from 'node:net';
import { resolve } from 'node:path';
import { Arena } from './arena.js';
import { CHANNEL_CROWDS } from './channel-crowds.js';
import { CHANNEL_FAULTS } from './channel-faults.js';
import { CHANNEL_STORMS } from './channel-storms.js';
import { clientFaults } from './client-faults.js';
import { FaultTable } from './fault-table.js';
import { unitFaults } from './unit-faults.js';

const faulty = (name: string, ...mode: string[]) => ({
  name,
  kind: 'mcp',
  command: process.execPath,
  args: [resolve('test/fixtures/faulty-unit.mjs'), ...mode],
});

/** Accepts connections and says nothing. */
const silent = createServer(socket => socket.on('error', () => undefined));
/** A lean MCP server over Streamable HTTP that counts its GET streams. */
const remote = createHttpServer((request, response) => {
  if (request.method === 'GET') {
    streams++;
    response.on('close', () => streams--);
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  }
  let body = '';
  request.on('data', chunk => (body += chunk));
  request.on('end', () => {
    const { id, method } = body === '' ? ({} as any) : JSON.parse(body);
    if (method === 'forget') return response.writeHead(404).end();
    if (method !== 'initialize') return response.writeHead(202).end();
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'remote', version: '1' } };
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
});
/** Longer than any test: a socket that the gateway does not close stays. */
remote.keepAliveTimeout = 300_000;
let streams = 0;

const connections = (server: Server): Promise<number> =>
  new Promise((done, fail) => server.getConnections((error, count) => (error ? fail(error) : done(count))));

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const config = async () => ({
  units: [
    { name: 'silent', kind: 'mcp', url: await listen(silent), transport: 'http_sse', size: 1, overflow: 1 },
    { name: 'remote', kind: 'mcp', url: await listen(remote) },
    { name: 'echo', kind: 'echo' },
    faulty('faulty'),
    faulty('exits', 'exit'),
    faulty('crashes', 'exit'),
    faulty('mute', 'mute'),
    faulty('late', 'late', '1500'),
    { name: 'missing', kind: 'mcp', command: 'no-such-command' },
  ],
  units_start_timeout: 3_000,
  limits: { headers_timeout: 2_500, request_timeout: 5_000 },
});

describe('faults', () => {
  const table = new FaultTable();
  const arena = new Arena(config, table);
  arena.remote = { listening: () => streams, sockets: () => connections(remote) };

  afterAll(() => {
    silent.close();
    remote.close();
  });

  describe('of units', () => unitFaults(arena));
  describe('of clients', () => clientFaults(arena));

  // Those have specs of their own.
  for (const row of [...CHANNEL_FAULTS, ...CHANNEL_STORMS, ...CHANNEL_CROWDS])
    table.add('Native and Phoenix clients', row);

  it('are documented as they are tested', () => table.check());
});
