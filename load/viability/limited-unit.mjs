/**
 * An MCP server over Streamable HTTP that takes its time: each call of `echo` takes so many ms, so many are served at a
 * time, the others wait in the order in which they came. Told what to do by `Remote`:
 *   set({ ms, atOnce, readOnly })   for calls that begin from now on; `readOnly`: whether calls may be repeated
 *   down()                its port is closed, its connections are reset and its sessions forgotten, as if it had died
 *   up()                  it listens again where it did
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { serve } from '../lib/processes/served.js';

const TOOL = {
  name: 'echo',
  description: 'Answers with the message it was given.',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
};

const KEEP_ALIVE = 600_000;

const manner = { ms: 40, atOnce: Infinity, readOnly: true };
const sessions = new Set();
const sockets = new Set();
const queue = [];
let busy = 0;
let port = 0;
const counts = { served: 0, longestQueue: 0 };

function outcome({ method, params }) {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'limited-unit', version: '1.0.0' },
        },
      };
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return { result: { tools: [{ ...TOOL, annotations: { readOnlyHint: manner.readOnly } }] } };
    case 'tools/call':
      if (params.name !== TOOL.name) return { error: { code: -32602, message: `No such tool: ${params.name}` } };
      return { result: { content: [{ type: 'text', text: params.arguments.message }] } };
    default:
      return { error: { code: -32601, message: `Method not found: ${method}` } };
  }
}

function answer(response, message, headers = {}) {
  if (response.destroyed) return;
  const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome(message) });
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** A call waits for its place, then it takes its time. Who has gone is still served: so do servers that do not look. */
function call(response, message) {
  queue.push({ response, message });
  next();
  counts.longestQueue = Math.max(counts.longestQueue, queue.length);
}

function next() {
  while (busy < manner.atOnce && queue.length > 0) {
    const { response, message } = queue.shift();
    busy++;
    setTimeout(() => {
      busy--;
      counts.served++;
      answer(response, message);
      next();
    }, manner.ms);
  }
}

function take(session, message, response) {
  if (message.method === 'initialize') {
    const id = randomUUID();
    sessions.add(id);
    return answer(response, message, { 'mcp-session-id': id });
  }
  if (!sessions.has(session)) return void response.writeHead(session === undefined ? 400 : 404).end();
  if (message.id === undefined || message.method === undefined) return void response.writeHead(202).end();
  return message.method === 'tools/call' ? call(response, message) : answer(response, message);
}

const server = createServer((request, response) => {
  const session = request.headers['mcp-session-id'];
  if (request.method === 'DELETE') return void response.writeHead(sessions.delete(session) ? 200 : 404).end();
  if (request.method !== 'POST') return void response.writeHead(405).end();
  let body = '';
  request.setEncoding('utf8').on('data', chunk => (body += chunk));
  request.on('end', () => take(session, JSON.parse(body), response));
});
server.keepAliveTimeout = KEEP_ALIVE;
server.on('connection', socket => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
});

async function up() {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address());
}

serve({
  up,
  url: () => `http://127.0.0.1:${port}/mcp`,
  set: given => {
    Object.assign(manner, given);
    next();
  },
  async down() {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    sessions.clear();
    await closed;
  },
  counts: () => ({ ...counts, waiting: queue.length }),
});
