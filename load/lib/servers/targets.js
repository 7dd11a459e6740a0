/**
 * The ways to one stdio unit that are measured beside each other. Each has
 *   start(unit, sessions)          what stands between: `{ child, url }`; nothing for the direct way
 *   open(site, unit, inFlight)     an MCP session
 */
import { HttpClient, StdioClient, WebSocketClient } from '../clients/clients.js';
import { installPeers, startPeer } from './peers.js';
import { startGateway } from '../processes/processes.js';
import { SseClient } from '../clients/sse-client.js';
import { unitEntry } from './units.js';

const streamableHttp = async ({ url }, _unit, inFlight) => {
  const client = await HttpClient.open(url, inFlight);
  await client.listen();
  return client;
};
const httpSse = ({ url }, _unit, inFlight) => SseClient.open(url, inFlight);

/** As one argument for a shell. */
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

/** Room for every session, everything else as it is by default. */
async function viable(unit, sessions, door) {
  const { child, urls } = await startGateway(unitEntry('unit', unit), { settings: { pool: { stdio_size: sessions } } });
  return { child, url: urls[door] };
}

/** Its log of every message is off: on, it would be most of what is measured. */
function supergateway(unit, path, mode) {
  const stdio = [process.execPath, ...unit.args].map(quoted).join(' ');
  return startPeer('supergateway', path, port => [
    ...['--stdio', stdio, '--port', String(port), '--logLevel', 'none'],
    ...mode,
  ]);
}

function mcpProxy(unit, path) {
  return startPeer('mcp-proxy', path, port => [
    ...['--host', '127.0.0.1', '--port', String(port), '--', process.execPath],
    ...unit.args,
  ]);
}

export const TARGETS = [
  {
    name: 'direct',
    title: 'direct (a pipe to each unit)',
    start: () => ({}),
    open: (_site, { args }) => StdioClient.open(args),
  },
  {
    name: 'viable',
    title: 'Viable, Streamable HTTP',
    start: (unit, sessions) => viable(unit, sessions, 'http'),
    open: streamableHttp,
  },
  {
    name: 'viable-websocket',
    title: 'Viable, WebSocket',
    start: (unit, sessions) => viable(unit, sessions, 'websocket'),
    open: ({ url }) => WebSocketClient.open(url),
  },
  {
    name: 'supergateway',
    title: 'supergateway, Streamable HTTP stateful',
    peer: 'supergateway',
    start: unit => supergateway(unit, '/mcp', ['--outputTransport', 'streamableHttp', '--stateful']),
    open: streamableHttp,
  },
  {
    name: 'mcp-proxy',
    title: 'mcp-proxy, Streamable HTTP',
    peer: 'mcp-proxy',
    start: unit => mcpProxy(unit, '/mcp'),
    open: streamableHttp,
  },
  {
    name: 'viable-sse',
    title: 'Viable, HTTP+SSE',
    start: (unit, sessions) => viable(unit, sessions, 'sse'),
    open: httpSse,
  },
  {
    name: 'supergateway-sse',
    title: 'supergateway, HTTP+SSE',
    peer: 'supergateway',
    start: unit => supergateway(unit, '/sse', ['--outputTransport', 'sse']),
    open: httpSse,
  },
  {
    name: 'mcp-proxy-sse',
    title: 'mcp-proxy, HTTP+SSE',
    peer: 'mcp-proxy',
    start: unit => mcpProxy(unit, '/sse'),
    open: httpSse,
  },
];

/** Those in a list with commas, or all. */
export function chosenTargets(list) {
  const names = TARGETS.map(({ name }) => name);
  const wanted = list?.split(',') ?? names;
  const unknown = wanted.find(name => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--targets: ${names.join(', ')}; not ${unknown}`);
  return TARGETS.filter(({ name }) => wanted.includes(name));
}

/** Installs the peers among them. */
export async function installTargets(targets) {
  const peers = [...new Set(targets.flatMap(({ peer }) => peer ?? []))];
  if (peers.length > 0) await installPeers(peers);
}
