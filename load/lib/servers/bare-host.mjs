/**
 * What everything here is compared with: the least a server can be that gives messages to clients. `ws` without a line
 * more than it takes, and an event stream over `node:http`. It keeps nothing and promises nothing.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { hostCommands } from './host.js';
import { serve } from '../processes/served.js';

/** Client → its socket or stream, the sequence of its next message, and what waits for it to come back. */
const clients = [];
let id = 10_000_000;

const EPOCH = 'bare';
const CONNECTED = { status: 'connected', epoch: EPOCH };

function envelope(sequence, payload) {
  const timestamp = Date.now() * 1_000;
  return `{"id":"${++id}","sequence":${sequence},"timestamp":${timestamp},"type":"message","priority":"normal","payload":${payload}}`;
}

/** How a frame is made, and given to a client. As bytes it costs a tenth less than as a string that is encoded for each. */
const AS_TEXT = { binary: false };
const SOCKET = { frame: text => Buffer.from(text), give: (socket, frame) => socket.send(frame, AS_TEXT) };
const STREAM = {
  frame: text => Buffer.from(`event: message\ndata: ${text}\n\n`),
  give: (response, frame) => response.write(frame),
};

const server = createServer((request, response) => {
  const name = new URL(request.url, 'http://localhost').searchParams.get('client_id');
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write(`event: connected\ndata: ${JSON.stringify(CONNECTED)}\n\n`);
  clients[Number(name.slice(1))] = { sequence: 0, waiting: [], socket: response, wire: STREAM };
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', socket => {
  socket.once('message', text => join(socket, JSON.parse(text).data));
  socket.on('error', () => undefined);
});

function join(socket, { client_id: name }) {
  const client = (clients[Number(name.slice(1))] ??= { sequence: 0, waiting: [], wire: SOCKET });
  client.socket = socket;
  const next = client.sequence - client.waiting.length;
  socket.send(JSON.stringify({ type: 'connection_status', payload: { ...CONNECTED, next } }));
  for (const frame of client.waiting.splice(0)) socket.send(frame);
}

const bare = {
  broadcast(payload) {
    let frame;
    let sequence;
    for (const client of clients) {
      // One frame for all who have been given the same number of messages: for all, where nobody got any of its own.
      if (client.sequence !== sequence) frame = client.wire.frame(envelope((sequence = client.sequence), payload));
      client.sequence++;
      client.wire.give(client.socket, frame);
    }
    return 0;
  },
  send(index, payload) {
    const { wire, socket, sequence } = clients[index];
    clients[index].sequence++;
    wire.give(socket, wire.frame(envelope(sequence, payload)));
    return true;
  },
};

/** What is published to a client that is away; the next connection of it begins with this. */
function hold({ index, payloads }) {
  const client = clients[index];
  for (const payload of payloads) client.waiting.push(envelope(client.sequence++, payload));
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
serve({
  ...hostCommands(bare),
  hold,
  urls: () => ({ websocket: `ws://127.0.0.1:${port}/mcp/ws`, sse: `http://127.0.0.1:${port}/mcp/sse` }),
});
