import { connect, Socket } from 'node:net';
import { resolve } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';

const LAB = resolve('test/fixtures/lab-unit.mjs');
const MB = 1024 * 1024;
/** More than the replay logs of six streams, and less than what six clients can leave unread. */
const LIMIT = 12 * MB;

describe('what all clients together may hold', () => {
  let gateway: GatewayProcess;
  let urls: Awaited<ReturnType<GatewayProcess['ready']>>;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    gateway = await GatewayProcess.spawn({
      units: [
        { name: 'echo', kind: 'echo' },
        { name: 'lab', kind: 'mcp', command: process.execPath, args: [LAB], size: 20 },
      ],
      limits: { buffered_bytes: LIMIT },
      sse: { keep_alive_interval: 500 },
    });
    urls = await gateway.ready();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway.stop();
  });

  async function metric(series: string): Promise<number> {
    const text = await (await fetch(`${urls.management}/metrics`)).text();
    const line = text.split('\n').find(one => one.startsWith(series));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
  }

  const held = (): Promise<number> => metric('gateway_buffered_bytes ');
  const connections = (): Promise<number> => metric('gateway_connections{transport="streamable_http"}');

  /** Sends the head of a POST and part of its body, and then nothing. */
  async function sendPartOf(bytes: number): Promise<Socket> {
    const { hostname, port } = new URL(urls.mcp);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    const head = `POST /mcp?unit=echo HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n`;
    const accept = 'Accept: application/json, text/event-stream\r\n';
    socket.write(`${head}${accept}Content-Length: ${3 * MB}\r\n\r\n`);
    await new Promise<void>(done => socket.write('x'.repeat(bytes), () => done()));
    return socket;
  }

  it('is bounded: with half-sent bodies up to the limit, large ones are refused and small ones are served', async () => {
    const session = new RawSession(`${urls.mcp}?unit=echo`);
    await session.initialize();
    const slow = await Promise.all([1, 2, 3, 4].map(() => sendPartOf(2.9 * MB)));
    await until(async () => (await held()) > 11.5 * MB, 'a full house');
    const call = (message: string) => session.request('tools/call', { name: 'echo', arguments: { message } });
    const refused = await call('x'.repeat(MB));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ error: { data: { error: 'overloaded' } } });
    expect((await call('small')).status).toBe(200);
    for (const socket of slow) socket.destroy();
    await until(async () => (await held()) < MB, 'room');
    expect((await call('x'.repeat(MB))).status).toBe(200);
    await session.delete();
    await until(async () => (await held()) === 0, 'nothing held');
  });

  it('costs those who do not read their connection, and nobody else', async () => {
    const reader = new RawSession(`${urls.mcp}?unit=lab`);
    const lazy = Array.from({ length: 6 }, () => new RawSession(`${urls.mcp}?unit=lab`));
    for (const session of [reader, ...lazy]) await session.initialize();
    for (const session of lazy) await openUnread(session);
    await until(async () => (await connections()) === lazy.length, 'six streams');
    for (let i = 0; i < 14; i++) {
      const floods = lazy.map(session => session.request('tools/call', { name: 'flood', arguments: { bytes: MB } }));
      for (const response of await Promise.all(floods)) await response.text();
    }
    // Nobody loses a connection before everybody together is over the limit.
    await until(async () => (await connections()) < lazy.length, 'a connection that was closed');
    await until(async () => (await held()) < LIMIT, 'room');
    const answer = await reader.answerOf(await reader.request('tools/call', { name: 'whoami', arguments: {} }));
    expect(answer.result.content[0].text).toMatch(/^lab /);
    await Promise.all([reader, ...lazy].map(session => session.delete()));
    await until(async () => (await held()) === 0, 'nothing held');
  });

  /** A GET stream whose client reads nothing after the headers. */
  async function openUnread(session: RawSession): Promise<Socket> {
    const { hostname, port } = new URL(session.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    const lines = Object.entries({ ...session.headers(), host: `${hostname}:${port}` }).map(([k, v]) => `${k}: ${v}`);
    socket.write(`GET /mcp?unit=lab HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    await new Promise(done => socket.once('readable', done));
    socket.pause();
    return socket;
  }
});
