/**
 * tools/call over WebSocket: every VU opens a socket, which is a session, calls `echo` for DURATION, and closes it.
 *
 *   k6 run -e GATEWAY_URL=ws://127.0.0.1:4002/mcp/ws -e VUS=10 -e DURATION=10s load/k6/websocket-tools-call.js
 */
import { check } from 'k6';
import { WebSocket } from 'k6/websockets';
import { begun, count, HEADERS, INITIALIZE, INITIALIZED, MILLISECONDS, toolsCall } from './common.js';

export { options } from './common.js';

const { GATEWAY_URL = 'ws://127.0.0.1:4002/mcp/ws' } = __ENV;

/** Milliseconds that the last answer may take once DURATION is over. */
const LAST_ANSWER = 5_000;

export default function () {
  const socket = new WebSocket(GATEWAY_URL, ['mcp'], { headers: HEADERS });
  const deadline = Date.now() + MILLISECONDS;
  let call, sentAt;
  let done = false;

  const say = message => socket.send(JSON.stringify(message));
  const next = id => {
    call = toolsCall(id);
    sentAt = Date.now();
    say(call);
  };
  const late = setTimeout(() => socket.close(), MILLISECONDS + LAST_ANSWER);

  socket.onopen = () => say(INITIALIZE);
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(data);
    if (call === undefined) {
      if (!begun(answer)) return socket.close();
      say(INITIALIZED);
      return next(1);
    }
    count(call, answer, Date.now() - sentAt);
    if (Date.now() < deadline) return next(call.id + 1);
    done = true;
    socket.close();
  };
  socket.onerror = ({ error }) => console.error(error);
  socket.onclose = () => {
    clearTimeout(late);
    if (call !== undefined && !done) count(call, undefined, Date.now() - sentAt);
    check(done, { 'session lasted to the end': it => it });
  };
}
