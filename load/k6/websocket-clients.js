/**
 * Native clients on WebSockets, and publications to their topics.
 *
 *   k6 run -e CLIENTS=1000 -e PER_VU=10 -e TOPICS=10 -e SECONDS=30 -e RATE=10 load/k6/websocket-clients.js      RATE=0: they are only there
 */
import { WebSocket } from 'k6/websockets';
import * as audience from './audience.js';

export { options, publish } from './audience.js';

const { WS_URL = 'ws://127.0.0.1:4002/mcp/ws' } = __ENV;

export function client() {
  for (let i = 0; i < audience.EACH; i++) {
    const number = audience.numberOf(i);
    setTimeout(() => join(number), audience.comesAfter(number));
  }
}

function join(number) {
  const me = audience.listener();
  const socket = new WebSocket(`${WS_URL}?${audience.query(number)}`, [], { headers: audience.HEADERS });
  let isIn = false;
  let isLeaving = false;
  const leave = setTimeout(
    () => {
      isLeaving = true;
      socket.close();
    },
    audience.leavesAfter - audience.comesAfter(number),
  );
  socket.onmessage = ({ data }) => {
    if (isIn) return void me.text(data);
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_status' && payload.status === 'connected') me.joined((isIn = true));
  };
  socket.onclose = () => {
    clearTimeout(leave);
    if (!isIn) me.joined(false);
    else if (!isLeaving) me.lost();
  };
  socket.onerror = () => undefined;
}
