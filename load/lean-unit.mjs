#!/usr/bin/env node
/**
 * An MCP server that costs next to nothing, so that a measurement through the gateway shows the gateway. One tool,
 * `echo`; no SDK. Not a model of a real unit: it trusts whoever talks to it.
 *
 *   node load/lean-unit.mjs stdio         one JSON message a line; ends when stdin ends
 *   node load/lean-unit.mjs http [port]   Streamable HTTP on loopback, answers as plain JSON; prints `listening URL`
 *     --more N                            it lists N tools more, `echo-1` …, which nobody can call
 *     --delay MS                          answers to lists and calls take that long
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const TOOL = {
  name: 'echo',
  description: 'Answers with the message it was given.',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
  // A gateway that trusts it may call it again.
  annotations: { readOnlyHint: true, idempotentHint: true },
};

/** Milliseconds; longer than any pause between two runs, so that no kept-alive socket closes under a client's request. */
const KEEP_ALIVE = 600_000;

/** What `--delay` is about. */
const SLOW = new Set(['tools/list', 'tools/call']);

/** The answer to a message as JSON text, undefined for what wants none. */
function answer({ id, method, params }) {
  if (id === undefined || method === undefined) return undefined;
  const [member, value] = outcome(method, params);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${member}":${JSON.stringify(value)}}`;
}

function outcome(method, params) {
  switch (method) {
    case 'tools/call':
      if (params.name !== TOOL.name) return ['error', { code: -32602, message: `No such tool: ${params.name}` }];
      return ['result', { content: [{ type: 'text', text: params.arguments.message }] }];
    case 'initialize':
      return [
        'result',
        {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'lean-unit', version: '1.0.0' },
        },
      ];
    case 'ping':
      return ['result', {}];
    case 'tools/list':
      return ['result', { tools }];
    default:
      return ['error', { code: -32601, message: `Method not found: ${method}` }];
  }
}

function serveStdio() {
  let rest = '';
  process.stdout.on('error', () => process.exit(1));
  process.stdin.setEncoding('utf8').on('data', chunk => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    // One write for all that came together: a write for each would be the dearest part of this unit.
    let out = '';
    for (const line of lines) {
      const text = line === '' ? undefined : answer(JSON.parse(line));
      if (text !== undefined) out += `${text}\n`;
    }
    if (out !== '') process.stdout.write(out);
  });
}

const more = (_, i) => ({ ...TOOL, name: `${TOOL.name}-${i + 1}` });

function serveHttp(port, delay) {
  const sessions = new Set();
  const server = createServer((request, response) => {
    const session = request.headers['mcp-session-id'];
    if (request.method === 'DELETE') return void response.writeHead(sessions.delete(session) ? 200 : 404).end();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    let body = '';
    request.setEncoding('utf8').on('data', chunk => (body += chunk));
    request.on('end', () => post(session, body, response));
  });

  function post(session, body, response) {
    const message = JSON.parse(body);
    const headers = { 'content-type': 'application/json' };
    if (message.method === 'initialize') sessions.add((headers['mcp-session-id'] = randomUUID()));
    else if (!sessions.has(session)) return void response.writeHead(session === undefined ? 400 : 404).end();
    const text = answer(message);
    if (text === undefined) return void response.writeHead(202).end();
    headers['content-length'] = Buffer.byteLength(text);
    if (delay > 0 && SLOW.has(message.method)) setTimeout(() => response.writeHead(200, headers).end(text), delay);
    else response.writeHead(200, headers).end(text);
  }

  server.keepAliveTimeout = KEEP_ALIVE;
  server.listen(port, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}/mcp`));
}

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { more: { type: 'string', default: '0' }, delay: { type: 'string', default: '0' } },
});
const [mode, port = '0'] = positionals;
const tools = [TOOL, ...Array.from({ length: Number(options.more) }, more)];
if (mode === 'stdio') {
  serveStdio();
} else if (mode === 'http') {
  serveHttp(Number(port), Number(options.delay));
} else {
  process.stderr.write('Usage: lean-unit.mjs stdio | http [port] [--more N] [--delay MS]\n');
  process.exitCode = 64;
}
