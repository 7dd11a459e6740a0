/**
 * tools/call over Streamable HTTP: every VU opens a session, calls `echo` for DURATION, and ends its session.
 *
 *   k6 run -e GATEWAY_URL=http://127.0.0.1:4001/mcp -e VUS=10 -e DURATION=10s load/k6/tools-call.js
 */
import { check } from 'k6';
import http from 'k6/http';
import { begun, count, HEADERS, INITIALIZE, INITIALIZED, MILLISECONDS, toolsCall } from './common.js';

export { options } from './common.js';

const { GATEWAY_URL = 'http://127.0.0.1:4001/mcp' } = __ENV;

export default function () {
  const headers = {
    ...HEADERS,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  const post = message => http.post(GATEWAY_URL, JSON.stringify(message), { headers });

  const first = post(INITIALIZE);
  if (!begun(messageOf(first))) return;
  headers['Mcp-Session-Id'] = first.headers['Mcp-Session-Id'];
  headers['Mcp-Protocol-Version'] = INITIALIZE.params.protocolVersion;
  post(INITIALIZED);
  // As clients do. It is also how the gateway hears which tools may be called again when an instance dies.
  post({ jsonrpc: '2.0', id: 'list', method: 'tools/list' });

  const deadline = Date.now() + MILLISECONDS;
  for (let id = 1; Date.now() < deadline; id++) {
    const call = toolsCall(id);
    const response = post(call);
    count(call, messageOf(response), response.timings.duration);
    // Nobody there: it is counted, and need not be a hundred thousand times.
    if (response.status === 0) break;
  }
  check(http.del(GATEWAY_URL, null, { headers }), { 'session ended': response => response.status === 200 });
}

/** The answer in a body, which is an event stream when the answer took long; undefined if there is none. */
function messageOf({ status, body, headers }) {
  if (status !== 200) return undefined;
  if (!headers['Content-Type']?.startsWith('text/event-stream')) return JSON.parse(body);
  const data = body.split('\n').filter(line => line.startsWith('data: {'));
  return data.length === 0 ? undefined : JSON.parse(data[data.length - 1].slice('data: '.length));
}
