/**
 * Stands in for the gateway where the checker itself is checked: the part of docs/WIRE.md that it uses, in memory, with nothing
 * of what makes a gateway one. It listens on free ports of loopback and says so as the gateway does.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { House } from './house.mjs';
import { openSockets } from './sockets.mjs';
import { Streams } from './streams.mjs';

const house = new House();
const streams = new Streams(house);

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://stand-in');
  // There is nothing to measure here.
  if (url.pathname === '/metrics') return response.end('');
  if (request.method === 'GET') return streams.open(request, response, Object.fromEntries(url.searchParams));
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const [, , first, second] = url.pathname.split('/');
  if (first === 'post') {
    const answers = streams.post(second, body);
    return reply(response, answers ? 200 : 404, answers ?? {});
  }
  const to = draft => (first === 'broadcast' ? draft : { include: [decodeURIComponent(second)] });
  const answers = [body].flat().map(draft => house.publish(draft, to(draft)));
  const queued = answers.some(answer => answer.counts.queued > 0);
  reply(response, queued ? 202 : 200, Array.isArray(body) ? answers : answers[0]);
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

const http = createServer((request, response) => void serve(request, response));
const sockets = createServer();
openSockets(sockets, house);
const base = `http://127.0.0.1:${await listen(http)}/mcp`;
const websocket = `ws://127.0.0.1:${await listen(sockets)}/mcp/ws`;
process.stdout.write(
  `${JSON.stringify({ mcp: base, sse: `${base}/sse`, websocket, management: new URL(base).origin })}\n`,
);
process.on('SIGTERM', () => process.exit(0));
