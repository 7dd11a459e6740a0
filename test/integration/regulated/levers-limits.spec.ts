import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { NativeClient, EventClient, PhoenixClient, withParams } from '../../support/channel-clients.js';
import { DOORS } from '../../support/clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { openRaw } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];
/** What levers know a native client on this machine by. */
const keyOf = (clientId: string): string => `anonymous\n${clientId}`;

describe('levers of the limits', () => {
  let gateway: RunningGateway;

  const start = async (more: object = {}): Promise<void> => {
    gateway = await startGateway({ units, regulation: { enabled: false }, ...more });
  };
  afterEach(() => gateway.stop());

  const answers = ({ frames }: NativeClient, type: string): number =>
    frames.filter(frame => frame.type === type && frame.id !== undefined).length;
  const flood = (client: NativeClient, count: number): void => {
    for (let i = 0; i < count; i++) client.send({ id: i, type: 'chat' });
  };

  it('lower what a client may say, and give it back', async () => {
    await start();
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
    gateway.levers.set('s3', 'rate_limit', keyOf('x'), 2, 'test');
    const began = performance.now();
    flood(client, 10);
    await until(() => answers(client, 'ack') + answers(client, 'error') === 10, 'all answers');
    const seconds = (performance.now() - began) / 1_000;
    expect(answers(client, 'ack')).toBeGreaterThanOrEqual(2);
    expect(answers(client, 'ack')).toBeLessThanOrEqual(2 + 2 * seconds);
    expect(client.errors[0]).toMatchObject({ error: 'rate_limit_exceeded', retry_after: expect.any(Number) });
    const other = await PhoenixClient.join(gateway.wsUrl, { client_id: 'y' });
    for (let i = 0; i < 10; i++) expect((await other.push('message', { type: 'chat' })).status).toBe('ok');
    gateway.levers.release('s3', 'rate_limit', keyOf('x'), 'test');
    for (let i = 0; i < 20; i++) expect((await client.say({ type: 'chat' })).type).toBe('ack');
  });

  it('hold a client that floods: it is read at about its rate, and answered no error', async () => {
    await start();
    const [held, free] = [
      await NativeClient.join(gateway.wsUrl, { client_id: 'held' }),
      await NativeClient.join(gateway.wsUrl, { client_id: 'free' }),
    ];
    for (const name of ['held', 'free']) gateway.levers.set('s3', 'rate_limit', keyOf(name), 20, 'test');
    gateway.levers.set('s3', 'held', keyOf('held'), true, 'test');
    const began = performance.now();
    flood(held, 2_000);
    flood(free, 2_000);
    await until(() => answers(free, 'error') + answers(free, 'ack') === 2_000, 'an answer to each');
    expect(answers(free, 'error')).toBeGreaterThan(1_000);
    await until(() => answers(held, 'ack') >= 60, 'what two seconds let through');
    const seconds = (performance.now() - began) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(1.9);
    expect(answers(held, 'ack')).toBeLessThanOrEqual(20 + 20 * seconds + 5);
    expect(answers(held, 'error')).toBe(0);
    // In order, none left out.
    const acked = held.frames.filter(({ type }) => type === 'ack').map(({ id }) => id as number);
    expect(acked).toEqual(acked.map((_, i) => i));
    // What was held goes on as soon as it may.
    gateway.levers.set('s3', 'rate_limit', keyOf('held'), 100_000, 'test');
    await until(() => answers(held, 'ack') === 2_000, 'the rest');
  });

  it('hold a client without taking it for dead, and see it go', async () => {
    await start({ websocket: { ping_interval: 200, pong_timeout: 300 } });
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
    gateway.levers.set('s3', 'rate_limit', keyOf('x'), 0.01, 'test');
    gateway.levers.set('s3', 'held', keyOf('x'), true, 'test');
    let pings = 0;
    client.socket.on('ping', () => pings++);
    flood(client, 5_000);
    await until(() => pings >= 4, 'pings');
    expect(client.isClosed).toBe(false);
    const offline = new Promise(resolve => gateway.bus.on('client_presence', resolve));
    client.cut();
    expect(await offline).toMatchObject({ client: 'x', status: 'offline' });
  });

  it('answer a client later that posts while it is held, and refuse it where that is too late', async () => {
    await start();
    const client = await EventClient.open(gateway.sseUrl, { client_id: 'x' });
    gateway.levers.set('s3', 'rate_limit', keyOf('x'), 4, 'test');
    gateway.levers.set('s3', 'held', keyOf('x'), true, 'test');
    const began = performance.now();
    for (let i = 0; i < 5; i++) expect((await client.say({ id: i, type: 'chat' })).type).toBe('ack');
    // Four at once, and the fifth a quarter of a second after the first.
    expect(performance.now() - began).toBeGreaterThan(249);
    gateway.levers.set('s3', 'rate_limit', keyOf('x'), 0.01, 'test');
    await until(async () => (await client.say({ type: 'chat' })).type === 'error', 'a refusal');
    client.leave();
  });

  it('answer what such a client posts at once one after the other', async () => {
    await start();
    const client = await EventClient.open(gateway.sseUrl, { client_id: 'x' });
    gateway.levers.set('s3', 'rate_limit', keyOf('x'), 10, 'test');
    gateway.levers.set('s3', 'held', keyOf('x'), true, 'test');
    for (let i = 0; i < 10; i++) await client.say({ id: i, type: 'chat' });
    const late = await Promise.all([10, 11, 12, 13].map(id => client.say({ id, type: 'chat' })));
    expect(late.map(({ type }) => type)).toEqual(['ack', 'ack', 'ack', 'ack']);
    client.leave();
  });

  describe.each(DOORS)('on $door', door => {
    it('ration the requests of an MCP client, and nothing else of it', async () => {
      await start();
      const opened = new Promise<string>(resolve => gateway.bus.on('session_opened', e => resolve(e.client)));
      const client = await openRaw(door, gateway);
      const key = await opened;
      const ask = (id: number): Promise<void> => client.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
      const answer = (id: number): string | undefined => client.received.find(text => text.includes(`"id":${id},`));
      for (let id = 1; id <= 20; id++) await ask(id);
      await until(() => answer(20) !== undefined, 'the answers');
      gateway.levers.set('s3', 'rate_limit', key, 1, 'test');
      for (let id = 21; id <= 30; id++) void ask(id);
      await until(() => [...Array(10).keys()].every(i => answer(21 + i)), 'all answers');
      const refused = [...Array(10).keys()].filter(i => answer(21 + i)!.includes('rate_limit_exceeded'));
      expect(refused.length).toBeGreaterThanOrEqual(5);
      expect(JSON.parse(answer(21 + refused[0]!)!).error.data).toMatchObject({ retry_after: expect.any(Number) });
      gateway.levers.release('s3', 'rate_limit', key, 'test');
      await ask(31);
      await until(() => answer(31) !== undefined, 'the answer');
      expect(answer(31)).toContain('"result"');
      client.close();
    });
  });

  it('hold an MCP client on its WebSocket', async () => {
    await start();
    const opened = new Promise<string>(resolve => gateway.bus.on('session_opened', e => resolve(e.client)));
    const client = await openRaw(DOORS[2]!, gateway);
    const key = await opened;
    gateway.levers.set('s3', 'rate_limit', key, 20, 'test');
    gateway.levers.set('s3', 'held', key, true, 'test');
    client.received.length = 0;
    const began = performance.now();
    for (let id = 0; id < 500; id++) void client.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    await until(() => client.received.length >= 40, 'what a second lets through');
    expect(client.received.length).toBeLessThanOrEqual(25 + (20 * (performance.now() - began)) / 1_000);
    expect(client.received.filter(text => text.includes('error'))).toEqual([]);
    client.close();
  });

  it('cap the connections of a transport, and end none', async () => {
    await start();
    const clients = [await NativeClient.open(gateway.wsUrl), await NativeClient.open(gateway.wsUrl)];
    const streams = [await EventClient.open(gateway.sseUrl, { client_id: 's' })];
    const refusedSocket = async (): Promise<number> => {
      const socket = new WebSocket(gateway.wsUrl);
      socket.on('error', () => undefined);
      const [, response] = (await once(socket, 'unexpected-response')) as [
        unknown,
        { statusCode: number; headers: any },
      ];
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
      return response.statusCode;
    };
    gateway.levers.set('s3', 'connections', 'websocket', 1, 'test');
    gateway.levers.set('s3', 'connections', 'http_sse', 1, 'test');
    expect(await refusedSocket()).toBe(429);
    const { response } = await EventClient.request(gateway.sseUrl, { client_id: 't' });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ error: 'too_many_connections', retry_after: expect.any(Number) });
    expect([...clients, ...streams].some(({ isClosed }) => isClosed)).toBe(false);
    gateway.levers.set('s3', 'connections', 'websocket', 3, 'test');
    clients.push(await NativeClient.open(gateway.wsUrl));
    expect(await refusedSocket()).toBe(429);
    clients[0]!.leave();
    await clients[0]!.ended();
    await until(async () => {
      const socket = new WebSocket(gateway.wsUrl);
      socket.on('error', () => undefined);
      const open = await Promise.race([once(socket, 'open').then(() => true), once(socket, 'close').then(() => false)]);
      if (open) socket.close();
      return open;
    }, 'the place to be free again');
    streams[0]!.leave();
  });

  it('pace handshakes and joins: all get in, in their time', async () => {
    await start();
    gateway.levers.set('s3', 'handshakes', '', 50, 'test');
    const began = performance.now();
    const joins = Array.from({ length: 40 }, async (_, i) => NativeClient.join(gateway.wsUrl, { client_id: `c${i}` }));
    await Promise.all(joins);
    // Forty upgrades and forty joins.
    expect(performance.now() - began).toBeGreaterThan(1_400);
  });

  it('send away who could not be let in in time, each for another time', async () => {
    await start({ limits: { handshake_timeout: 2_000 } });
    gateway.levers.set('s3', 'handshakes', '', 5, 'test');
    const url = withParams(gateway.sseUrl, {});
    const abort = new AbortController();
    const visits = Array.from({ length: 30 }, async (_, i) => {
      const response = await fetch(withParams(url, { client_id: `c${i}` }), { signal: abort.signal });
      return { status: response.status, body: response.status === 200 ? undefined : ((await response.json()) as any) };
    });
    const met = await Promise.all(visits);
    const refused = met.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeLessThan(30);
    for (const { body } of refused) expect(body).toMatchObject({ error: 'overloaded' });
    expect(new Set(refused.map(({ body }) => body.retry_after)).size).toBeGreaterThan(10);
    abort.abort();
    gateway.levers.release('s3', 'handshakes', '', 'test');
    await delay(50);
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'later' });
    client.leave();
  });
});
