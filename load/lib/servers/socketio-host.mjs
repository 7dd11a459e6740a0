/**
 * Socket.IO as its documentation has it, over WebSocket alone, told to publish as the bare server is. It numbers messages
 * itself here, as nothing in Socket.IO does. Messages reach it as objects, which is what it takes.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { hostCommands } from './host.js';
import { peerRequire } from './peers.js';
import { serve } from '../processes/served.js';

const { Server } = peerRequire('socket.io');

/** Client → its socket and the sequence of its next message. */
const clients = [];
let id = 10_000_000;

const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });

io.on('connection', socket => {
  clients[Number(socket.handshake.auth.client_id.slice(1))] = { sequence: 0, socket };
});

function envelope(sequence, payload) {
  const timestamp = Date.now() * 1_000;
  return { id: String(++id), sequence, timestamp, type: 'message', priority: 'normal', payload: JSON.parse(payload) };
}

const socketIo = {
  /** Encoded once for all; right only where nobody got messages of its own before. */
  broadcast(payload) {
    const { sequence } = clients[0];
    for (const client of clients) client.sequence++;
    io.emit('message', envelope(sequence, payload));
    return 0;
  },
  send(index, payload) {
    const client = clients[index];
    client.socket.emit('message', envelope(client.sequence++, payload));
    return true;
  },
};

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
serve({
  ...hostCommands(socketIo),
  urls: () => ({ websocket: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket` }),
});
