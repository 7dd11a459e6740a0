import { connect, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { Arena } from './arena.js';

const PING = '{"jsonrpc":"2.0","id":900,"method":"ping"}';
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
});
const errorOf = async (response: Response): Promise<[number, string]> => {
  const body = (await response.json()) as any;
  return [response.status, body.error?.data?.error];
};

export function clientFaults(arena: Arena): void {
  const { fault } = arena.section('Clients');
  let session: RawSession;

  const open = async (unit = 'echo', capabilities: object = {}): Promise<void> => {
    session = arena.session(unit);
    await session.initialize(capabilities);
  };

  /** A socket that has sent `text`; resolves what came back once it is closed. */
  function raw(url: string, text: string): { socket: Socket; answer: Promise<string> } {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => undefined);
    return { socket, answer: new Promise(resolve => socket.on('close', () => resolve(answer))) };
  }

  /** An MCP socket, and what comes on it. */
  async function socket(): Promise<{ ws: WebSocket; messages: any[]; closed: Promise<number> }> {
    const ws = new WebSocket(`${arena.urls.websocket}?unit=echo`, 'mcp');
    const messages: any[] = [];
    ws.on('message', data => messages.push(JSON.parse((data as Buffer).toString())));
    ws.on('error', () => undefined);
    const closed = new Promise<number>(resolve => ws.on('close', resolve));
    await new Promise(resolve => ws.on('open', resolve));
    return { ws, messages, closed };
  }

  const bodies: [fault: string, body: string, error: string][] = [
    ['sends malformed JSON', '{"jsonrpc":"2.0",', 'parse_error'],
    ['sends JSON of the wrong type', '"ping"', 'invalid_request'],
    ['sends members of the wrong type', '{"jsonrpc":"2.0","id":{},"method":7}', 'invalid_request'],
    ['repeats an envelope member', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 'invalid_request'],
    [
      'hides a repeated member behind an escape',
      '{"jsonrpc":"2.0","id":1,"\\u0069d":2,"method":"ping"}',
      'invalid_request',
    ],
    ['spells members in another case', '{"JSONRPC":"2.0","Id":1,"Method":"ping"}', 'invalid_request'],
    ['sends a batch in a revision without batches', `[${PING}]`, 'invalid_request'],
    ['sends an empty batch', '[]', 'invalid_request'],
  ];
  for (const [name, body, error] of bodies) {
    fault({ fault: name, client: `400, \`${error}\``, gateway: 'goes on with the session' }, async () => {
      await open();
      expect(await errorOf(await session.post(body))).toEqual([400, error]);
      expect((await session.post(PING)).status).toBe(200);
    });
  }

  fault(
    {
      fault: 'nests 1,000,000 levels deep',
      client: 'the answer, or 400 `parse_error`',
      gateway: 'reads without recursion',
    },
    async () => {
      await open();
      const deep = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}}`;
      expect([200, 400]).toContain((await session.post(deep)).status);
      expect((await session.post(PING)).status).toBe(200);
    },
  );

  fault(
    { fault: 'names a member `__proto__`', client: 'the answer', gateway: 'passes it as a member like any other' },
    async () => {
      await open();
      const body =
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"x"},"name":"echo","arguments":{"message":"m","__proto__":{"a":1}}},"__proto__":{"method":"x"}}';
      expect(await (await session.post(body)).json()).toMatchObject({ result: { content: [{ text: 'm' }] } });
      expect(({} as any).a).toBeUndefined();
    },
  );

  fault(
    {
      fault: 'sends a body of 10 MB',
      client: '413 `message_too_large`',
      gateway: 'holds none of it',
    },
    async () => {
      await open();
      const body = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'x'.repeat(10_000_000)}"}}`;
      expect(await errorOf(await session.post(body))).toEqual([413, 'message_too_large']);
      expect((await session.post(PING)).status).toBe(200);
    },
  );

  fault(
    {
      fault: 'sends 10 MB in chunks without a length',
      client: '413 `message_too_large`',
      gateway: 'holds none of it',
    },
    async () => {
      await open();
      const { host } = new URL(arena.urls.mcp);
      const head = `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${session.id}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const chunk = `${(100_000).toString(16)}\r\n${' '.repeat(100_000)}\r\n`;
      const { answer } = raw(arena.urls.mcp, `${head}${chunk.repeat(100)}0\r\n\r\n`);
      expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    },
  );

  fault(
    { fault: 'sends a frame of 10 MB', client: 'close 1009', gateway: 'ends that session (RFC 6455 §7.4.1)' },
    async () => {
      const { ws, closed } = await socket();
      ws.send('x'.repeat(10_000_000));
      expect(await closed).toBe(1009);
    },
  );

  fault({ fault: 'sends a binary frame', client: 'close 1003', gateway: 'ends that session' }, async () => {
    const { ws, closed } = await socket();
    ws.send(Buffer.from([1, 2, 3]));
    expect(await closed).toBe(1003);
  });

  fault(
    { fault: 'sends bad frames on a WebSocket', client: 'an error for each', gateway: 'keeps the socket' },
    async () => {
      const { ws, messages, closed } = await socket();
      for (const [, body] of bodies) ws.send(body);
      ws.send(PING);
      await until(() => messages.some(message => message.id === 900), 'the answer');
      expect(messages.filter(message => message.error).length).toBe(bodies.length);
      ws.close();
      await closed;
    },
  );

  fault(
    {
      fault: 'sends text that is no UTF-8',
      client: '400 `parse_error`; WebSocket: close 1007',
      gateway: 'does not replace bytes silently',
    },
    async () => {
      await open();
      const invalid = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
      const response = await fetch(session.url, { method: 'POST', headers: session.headers(), body: invalid });
      expect(await errorOf(response)).toEqual([400, 'parse_error']);
      const { ws, closed } = await socket();
      ws.send(invalid, { binary: false });
      expect(await closed).toBe(1007);
    },
  );

  fault(
    { fault: 'names a session that does not exist', client: '404 `session_not_found`', gateway: 'looks nowhere else' },
    async () => {
      session = arena.session('echo');
      session.id = 'A'.repeat(43);
      expect(await errorOf(await session.post(PING))).toEqual([404, 'session_not_found']);
      expect(await errorOf(await session.get())).toEqual([404, 'session_not_found']);
      expect(await errorOf(await session.delete())).toEqual([404, 'session_not_found']);
      session.id = undefined;
    },
  );

  fault(
    {
      fault: 'comes with an Origin or Host from elsewhere',
      client: '403',
      gateway: 'refuses before it reads anything',
    },
    async () => {
      const evil = arena.session('echo', { origin: 'http://evil.example' });
      expect(await errorOf(await evil.request('initialize', {}))).toEqual([403, 'forbidden_origin']);
      const { answer } = raw(arena.urls.mcp, 'GET /mcp HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
      expect(await answer).toMatch(/^HTTP\/1\.1 403 /);
    },
  );

  fault(
    {
      fault: 'speaks a protocol version that does not exist',
      client: '400 `protocol_unsupported`',
      gateway: 'keeps the session',
    },
    async () => {
      await open();
      const headers = { ...session.headers(), 'mcp-protocol-version': '1900-01-01' };
      const response = await fetch(session.url, { method: 'POST', headers, body: PING });
      expect(await errorOf(response)).toEqual([400, 'protocol_unsupported']);
      expect((await session.post(PING)).status).toBe(200);
    },
  );

  fault(
    {
      fault: 'sends its headers slower than any client would',
      client: '408',
      gateway: 'closes after `limits.headers_timeout`',
    },
    async () => {
      const { answer, socket: slow } = raw(arena.urls.mcp, 'POST /mcp HTTP/1.1\r\n');
      const drip = setInterval(() => slow.write('X-A: b\r\n'), 500);
      expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
      clearInterval(drip);
    },
  );

  fault(
    {
      fault: 'sends its body slower than any client would',
      client: '408',
      gateway: 'closes after `limits.request_timeout`',
    },
    async () => {
      await open();
      const { host } = new URL(arena.urls.mcp);
      const head = `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${session.id}\r\nContent-Length: 100000\r\n\r\n`;
      const { answer, socket: slow } = raw(arena.urls.mcp, head);
      const drip = setInterval(() => slow.write(' '), 500);
      await answer;
      clearInterval(drip);
      expect((await session.post(PING)).status).toBe(200);
    },
  );

  fault(
    {
      fault: 'stops reading its stream',
      client: 'a closed socket, once 16 MB wait; it may resume',
      gateway: 'holds no more than that and the replay buffer',
    },
    async () => {
      await open('faulty');
      const sent = 'gateway_messages_total{transport="streamable_http",direction="out"}';
      const before = await arena.metric(sent);
      const { host } = new URL(arena.urls.mcp);
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'stdoutFlood', arguments: { megabytes: 40 } },
      });
      const head = `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${session.id}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const { hostname, port } = new URL(arena.urls.mcp);
      const silent = connect(Number(port), hostname, () => silent.write(head + body));
      silent.on('error', () => undefined);
      silent.pause();
      await until(async () => (await arena.metric(sent)) >= before + 30, '30 MB on their way');
      expect(await arena.metric('gateway_connections{transport="streamable_http"}')).toBe(0);
      silent.destroy();
    },
  );

  fault(
    {
      fault: 'dies in the middle of a call',
      client: 'may come back by `Last-Event-ID`',
      gateway: 'lets the call finish and keeps its result for replay',
    },
    async () => {
      await open('faulty');
      const abort = new AbortController();
      const call = session.post(
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang' } },
        abort.signal,
      );
      await call;
      abort.abort();
      expect((await session.post(PING)).status).toBe(200);
    },
  );

  fault(
    {
      fault: 'dies with its WebSocket in the middle of a call',
      client: 'nothing',
      gateway: 'ends the session and its child',
    },
    async () => {
      const ws = new WebSocket(`${arena.urls.websocket}?unit=faulty`, 'mcp');
      await new Promise(resolve => ws.on('open', resolve));
      const initialized = new Promise(resolve => ws.on('message', resolve));
      ws.send(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
        }),
      );
      await initialized;
      ws.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'hang' } }));
      ws.terminate();
    },
  );

  fault(
    {
      fault: 'uses an id again that is in flight',
      client: '`duplicate_id` for the second',
      gateway: 'answers the first',
    },
    async () => {
      await open('faulty');
      const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'hang' } };
      const first = session.post(call);
      await first;
      expect(await (await session.post(call)).json()).toMatchObject({ error: { data: { error: 'duplicate_id' } } });
    },
  );

  fault({ fault: 'answers questions it was never asked', client: '202', gateway: 'drops the answers' }, async () => {
    await open('faulty');
    for (const id of [1, 'x', 999_999]) {
      expect((await session.post({ jsonrpc: '2.0', id, result: { stolen: true } })).status).toBe(202);
    }
    expect(await (await session.request('tools/call', { name: 'ok' })).json()).toMatchObject({ result: {} });
  });

  fault(
    {
      fault: 'has more calls in flight than a session may',
      client: '`too_many_calls` for the rest',
      gateway: 'keeps the others running',
    },
    async () => {
      const { ws, messages, closed } = await socket();
      const request = (id: number, method: string, params: object): void =>
        ws.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      // While initialize is under way, what follows waits, and what waits is bounded like calls.
      request(1, 'initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' },
      });
      for (let id = 2; id < 302; id++) request(id, 'tools/call', { name: 'echo', arguments: { message: 'm' } });
      await until(() => messages.length === 301, 'every answer');
      expect(messages.filter(message => message.error?.data?.error === 'too_many_calls').length).toBeLessThanOrEqual(
        44,
      );
      expect(messages.filter(message => message.result).length).toBeGreaterThanOrEqual(257);
      ws.close();
      await closed;
    },
  );

  fault(
    { fault: 'opens a stream of HTTP+SSE and never posts', client: 'its stream', gateway: 'holds no child for it' },
    async () => {
      const abort = new AbortController();
      await fetch(`${arena.urls.sse}?unit=faulty`, { signal: abort.signal });
      expect(await arena.children()).toEqual([]);
      abort.abort();
    },
  );

  fault(
    {
      fault: 'leaves during `initialize`, many times',
      client: 'nothing',
      gateway: 'ends session and child at once; nobody takes it for a failure of the unit',
    },
    async () => {
      const leave = async (): Promise<void> => {
        const ws = new WebSocket(`${arena.urls.websocket}?unit=late`, 'mcp');
        await new Promise(resolve => ws.on('open', resolve));
        ws.send(INITIALIZE);
        await until(async () => (await arena.metric('gateway_pool_leases{unit="late"')) > 0, 'the lease');
        ws.terminate();
      };
      for (let i = 0; i < 4; i++) await leave();
      const abort = new AbortController();
      const impatient = arena.session('late').request('initialize', JSON.parse(INITIALIZE).params, abort.signal);
      await until(
        async () => (await arena.metric('gateway_sessions{transport="streamable_http"}')) === 2,
        'the session',
      );
      abort.abort();
      await impatient.catch(() => undefined);
      expect(await arena.metric('gateway_circuit_state{unit="late",backend="late/stdio",state="closed"}')).toBe(1);
    },
  );

  fault(
    {
      fault: 'is refused an upgrade and keeps its side of the socket open',
      client: 'the refusal, then the end',
      gateway: 'closes the socket',
    },
    async () => {
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
      const { host } = new URL(arena.urls.websocket);
      const { hostname, port } = new URL(arena.urls.websocket);
      const before = await arena.metric('process_open_fds');
      const sockets = Array.from({ length: 30 }, () => {
        const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
        socket.write(`GET /nope HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`);
        return socket;
      });
      await Promise.all(sockets.map(socket => new Promise(resolve => socket.resume().on('end', resolve))));
      await until(async () => (await arena.metric('process_open_fds')) < before + 10, 'the end of the sockets');
      for (const socket of sockets) socket.destroy();
    },
  );

  fault(
    {
      fault: 'asks for a target that is no URL',
      client: '404',
      gateway: 'answers like for any path it does not serve',
    },
    async () => {
      for (const url of [arena.urls.mcp, arena.urls.websocket]) {
        const { host } = new URL(url);
        const { answer } = raw(url, `GET //[ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        expect(await answer).toMatch(/^HTTP\/1\.1 404 /);
      }
    },
  );

  fault(
    {
      fault: 'says `notifications/initialized` a thousand times',
      client: '202 each',
      gateway: 'listens to an HTTP unit once',
    },
    async () => {
      await open('remote');
      const body = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
      for (let i = 0; i < 20; i++) {
        const statuses = await Promise.all(Array.from({ length: 50 }, () => session.post(body).then(r => r.status)));
        expect(new Set(statuses)).toEqual(new Set([202]));
      }
      expect(arena.remote.listening()).toBeLessThanOrEqual(1);
    },
  );

  fault(
    {
      fault: 'sends ids longer than any client needs',
      client: '400 `invalid_request`',
      gateway: 'keeps ids and tokens of at most 1,024 characters',
    },
    async () => {
      await open();
      const long = JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(2_000), method: 'ping' });
      expect(await errorOf(await session.post(long))).toEqual([400, 'invalid_request']);
    },
  );
}
