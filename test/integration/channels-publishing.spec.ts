import { setTimeout as delay } from 'node:timers/promises';
import {
  EventClient,
  messagesOf,
  NativeClient,
  PhoenixClient,
  publish,
  Published,
} from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];

describe('channels: publishing', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({ units, delivery: { outbox_messages: 50, window_half: 10, window_full: 20 } });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const send = (message: unknown, to = id): Promise<Published> => publish(gateway.mcpUrl, messagesOf(to), message);
  const broadcast = (message: unknown): Promise<Published> => publish(gateway.mcpUrl, 'broadcast', message);
  const join = (hello: object = {}, clientId = id): Promise<NativeClient> =>
    NativeClient.join(gateway.wsUrl, { client_id: clientId, ...hello });

  /** A session without a connection. */
  async function away(hello: object = {}, clientId = id): Promise<void> {
    const client = await join(hello, clientId);
    client.leave();
    await client.ended();
    await until(async () => {
      const { body } = await broadcast({ payload: 'anybody?', include: [clientId], ttl: 0 });
      return body.counts.delivered === 0;
    }, 'the gateway to notice');
  }

  it('delivers an envelope with all that the publisher said, on each wire', async () => {
    const clients = [
      await join({ topics: ['t'] }),
      await EventClient.open(gateway.sseUrl, { client_id: id }),
      await PhoenixClient.join(gateway.wsUrl, { client_id: id }),
    ];
    const message = { type: 'chat', data: { n: 1 }, event: 'news', priority: 'high', id: `${id}-m`, ttl: 60_000 };
    const { status, body } = await broadcast({ ...message, topic: 't' });
    expect([status, body]).toEqual([
      200,
      {
        id: `${id}-m`,
        results: [{ client_id: id, session: clients[0]!.welcome.session_id, status: 'delivered', sequence: 0 }],
        counts: { delivered: 1, queued: 0, refused: 0 },
      },
    ]);
    for (const client of clients) {
      const [envelope] = await client.got(1);
      expect(envelope).toEqual({
        id: `${id}-m`,
        sequence: 0,
        timestamp: expect.any(Number),
        type: 'chat',
        event: 'news',
        topic: 't',
        priority: 'high',
        payload: { n: 1 },
        data: { n: 1 },
      });
    }
    expect(clients[1]!.frames.some(({ type }) => type === 'news')).toBe(true);
    expect((clients[2] as PhoenixClient).pushes.map(({ event }) => event)).toContain('news');
    for (const client of clients) client.leave();
  });

  it('passes a payload as it was written', async () => {
    const client = await join();
    let raw = '';
    client.socket.on('message', data => (raw += (data as Buffer).toString()));
    const payload = '{"big":12345678901234567890,"float":1.0,"text":"\\u2028\\ud83d\\ude00","__proto__":{"a":1}}';
    await send(`{"payload":${payload}}`);
    await client.got(1);
    expect(raw).toContain(payload);
    client.leave();
  });

  it('keeps messages for a session without a connection, and knows no client without a session', async () => {
    await away();
    const { status, body } = await send({ payload: 1 });
    expect([status, body.results, body.counts]).toEqual([
      202,
      [{ client_id: id, session: expect.any(String), status: 'queued' }],
      { delivered: 0, queued: 1, refused: 0 },
    ]);
    expect(await send({ payload: 1 }, 'nobody-at-all')).toMatchObject({
      status: 404,
      body: { error: 'client_not_found', retry_after: null },
    });
    const client = await join();
    expect((await client.got(1))[0]).toMatchObject({ id: body.id, payload: 1 });
    client.leave();
  });

  it('takes many at once, each with an outcome of its own', async () => {
    const client = await join();
    const mixed = await send([{ payload: 1 }, { nothing: true }, { payload: 2, priority: 'urgent' }, { payload: 3 }]);
    expect(mixed.status).toBe(202);
    expect(mixed.body).toMatchObject([
      { counts: { delivered: 1 } },
      { error: 'invalid_message', message: expect.stringContaining('"nothing"') },
      { error: 'invalid_message', message: expect.stringContaining('priority') },
      { counts: { delivered: 1 } },
    ]);
    await client.got(2);
    expect(client.bodies).toEqual([1, 3]);
    expect(await send([])).toEqual({ status: 200, body: [] });
    const tooMany = await send(Array.from({ length: 1_001 }, () => ({ payload: 1 })));
    expect(tooMany).toMatchObject({ status: 400, body: { error: 'invalid_message' } });
    const quiet = await publish(gateway.mcpUrl, `${messagesOf(id)}?results=false`, { payload: 4 });
    expect(quiet.body).toEqual({ id: expect.any(String), counts: { delivered: 1, queued: 0, refused: 0 } });
    client.leave();
  });

  it('broadcasts to those who meet everything that is asked for', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => `${id}-${name}`) as [string, string, string, string];
    const topic = `topic-${id}`;
    const clients = {
      [a]: await join({ role: 'node', topics: [topic] }, a),
      [b]: await join({ role: 'node', scopes: ['alarms'] }, b),
      [c]: await join({ role: 'operator', scopes: ['*'], topics: [topic, 'other'] }, c),
      [d]: await join({}, d),
    };
    await clients[d]!.say({ type: 'subscribe', data: { topics: [topic] } });
    const include = [a, b, c, d];
    const reached = async (audience: object): Promise<string[]> => {
      const { body } = await broadcast({ payload: 1, ...audience });
      return body.results.map(({ client_id }: { client_id: string }) => client_id).sort();
    };
    expect(await reached({ include })).toEqual(include);
    expect(await reached({ include, exclude: [b] })).toEqual([a, c, d]);
    expect(await reached({ include, role: 'node' })).toEqual([a, b]);
    expect(await reached({ include, scope: 'alarms' })).toEqual([b, c]);
    expect(await reached({ topic })).toEqual([a, c, d]);
    expect(await reached({ topic, role: 'node' })).toEqual([a]);
    expect(await reached({ topic, exclude: [a, c] })).toEqual([d]);
    expect(await reached({ include: [a, a, b, 'nobody'] })).toEqual([a, b]);
    await clients[d]!.say({ type: 'unsubscribe', data: { topics: [topic] } });
    expect(await reached({ topic })).toEqual([a, c]);
    expect(await broadcast({ payload: 1, topic: 'nobody listens' })).toMatchObject({
      status: 200,
      body: { results: [], counts: { delivered: 0, queued: 0, refused: 0 } },
    });
    expect(await broadcast({ payload: 1, include: ['nobody'] })).toMatchObject({ status: 404 });
    for (const client of Object.values(clients)) client.leave();
  });

  it('publishes an id once, however often and at however many times at once it is handed in', async () => {
    const client = await join();
    const message = { payload: 'once', id: `once-${id}` };
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(message)));
    const late = await send({ ...message, payload: 'other' });
    expect(answers.filter(({ body }) => !body.repeated)).toHaveLength(1);
    expect(late.body.repeated).toBe(true);
    for (const { status, body } of [...answers, late]) {
      expect(status).toBe(200);
      expect(body.results).toMatchObject([{ client_id: id, status: 'delivered', sequence: 0 }]);
    }
    await send({ payload: 'end' });
    await client.got(2);
    expect(client.bodies).toEqual(['once', 'end']);
    client.leave();
  });

  it('may try an id again that was refused or was wrong', async () => {
    const key = `again-${id}`;
    expect((await send({ payload: 1, id: key })).status).toBe(404);
    const client = await join();
    const { status, body } = await send({ payload: 1, id: key });
    expect([status, body.repeated]).toEqual([200, undefined]);
    client.leave();
  });

  it('waits with a timeout until the client has acknowledged, and says so if it has not', async () => {
    const client = await join({ acks: true });
    const startedAt = Date.now();
    const late = await send({ payload: 'ignored', timeout: 150 });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(140);
    expect([late.status, late.body.results]).toMatchObject([202, [{ status: 'queued', sequence: 0 }]]);
    const waiting = send({ payload: 'confirmed', timeout: 20_000 });
    await client.got(2);
    client.ack(1);
    expect(await waiting).toMatchObject({ status: 200, body: { results: [{ status: 'delivered', sequence: 1 }] } });
    const single = send({ payload: 'by id', id: `by-${id}`, timeout: 20_000 });
    await client.got(3);
    client.send({ type: 'ack', msg_id: `by-${id}` });
    expect((await single).status).toBe(200);
    client.leave();
    // Where nobody acknowledges, the socket's word counts.
    const silent = await EventClient.open(gateway.sseUrl, { client_id: `${id}-s` });
    expect((await send({ payload: 1, timeout: 20_000 }, `${id}-s`)).status).toBe(200);
    silent.leave();
  });

  it('lets messages expire that were given to nobody in time', async () => {
    await away();
    await send({ payload: 'short', ttl: 30 });
    await send({ payload: 'long', ttl: 60_000 });
    await send({ payload: 'for ever' });
    await delay(40);
    const client = await join();
    await client.got(2);
    expect(client.bodies).toEqual(['long', 'for ever']);
    // What has expired leaves no hole.
    expect(client.sequences).toEqual([client.welcome.next, client.welcome.next + 1]);
    client.leave();
  });

  it('refuses what an outbox has no room for, and takes it again when there is room', async () => {
    await away({ acks: true });
    const batch = Array.from({ length: 60 }, (_, i) => ({ payload: i }));
    const { status, body } = await send(batch);
    expect(status).toBe(202);
    const refused = (body as any[]).filter(({ error }) => error);
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ error: 'outbox_full', counts: { refused: 1 }, retry_after: 1_000 });
    expect(refused[0].results).toMatchObject([{ client_id: id, status: 'refused', reason: 'outbox_full' }]);
    expect(await send({ payload: 'more' })).toMatchObject({ status: 429, body: { error: 'outbox_full' } });
    const client = await join({ acks: true });
    await until(async () => {
      if (client.messages.length > 0) client.ack(client.sequences.at(-1)!);
      await client.say({ type: 'ping' });
      return client.messages.length === 50;
    }, 'all of them');
    expect(client.bodies).toEqual(Array.from({ length: 50 }, (_, i) => i));
    client.ack(client.sequences.at(-1)!);
    await client.say({ type: 'ping' });
    expect((await send({ payload: 'more' })).status).toBe(200);
    client.leave();
  });

  it('holds normal messages back from a client that acknowledges nothing, and urgent ones not', async () => {
    const client = await join({ acks: true });
    for (let i = 0; i < 25; i++) await send({ payload: i });
    await client.got(20);
    const { status } = await send({ payload: 'urgent', priority: 'high' });
    expect(status).toBe(200);
    await client.got(21);
    expect(client.bodies.at(-1)).toBe('urgent');
    expect(client.messages).toHaveLength(21);
    client.ack(20);
    await client.got(26);
    expect(client.bodies.slice(21)).toEqual([20, 21, 22, 23, 24]);
    client.leave();
  });

  it.each([
    ['no payload', {}, '"payload" is missing'],
    ['two payloads', { payload: 1, data: 1 }, 'the same'],
    ['a reserved event', { payload: 1, event: 'shutdown' }, 'reserved'],
    ['an event of Phoenix', { payload: 1, event: 'phx_close' }, 'reserved'],
    ['a line break in a name', { payload: 1, event: 'a\nid: 0' }, 'control characters'],
    ['a timeout that is too long', { payload: 1, timeout: 30_001 }, 'timeout'],
    ['a negative ttl', { payload: 1, ttl: -1 }, 'ttl'],
    ['an unknown transport', { payload: 1, transport: 'telnet' }, 'transport'],
    ['an audience, to one client', { payload: 1, role: 'x' }, '"role" is not known'],
    ['no object', 7, 'object'],
  ])('refuses %s', async (_, message, why) => {
    const { status, body } = await send(message);
    expect([status, body.error]).toEqual([400, 'invalid_message']);
    expect(body.message).toContain(why);
  });

  it('says in plain JSON what is wrong with a request', async () => {
    const client = await join();
    expect(await send('{"payload":')).toMatchObject({ status: 400, body: { error: 'parse_error' } });
    const large = { payload: 'x'.repeat(5_000_000) };
    expect(await send(large)).toMatchObject({ status: 413, body: { error: 'message_too_large' } });
    const url = `${gateway.mcpUrl}/${messagesOf(id)}`;
    const text = await fetch(url, { method: 'POST', body: '{"payload":1}' });
    expect([text.status, await text.json()]).toMatchObject([415, { error: 'unsupported_media_type' }]);
    const got = await fetch(url);
    expect([got.status, got.headers.get('allow'), await got.json()]).toMatchObject([
      405,
      'POST',
      { error: 'method_not_allowed' },
    ]);
    expect(await publish(gateway.mcpUrl, 'clients/%00/messages', { payload: 1 })).toMatchObject({
      status: 400,
      body: { error: 'client_id_required' },
    });
    expect((await send({ payload: 'still works' })).status).toBe(200);
    client.leave();
  });
});

describe('channels: transports', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({ units });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const send = (message: object): Promise<Published> => publish(gateway.mcpUrl, messagesOf(id), message);

  it('are asked for by a publisher, and refused where there is none', async () => {
    const socket = await NativeClient.join(gateway.wsUrl, { client_id: id });
    expect((await send({ payload: 1, transport: 'websocket' })).status).toBe(200);
    expect(await send({ payload: 1, transport: 'http_sse' })).toMatchObject({
      status: 409,
      body: { error: 'transport_unavailable', results: [{ status: 'refused', reason: 'transport_unavailable' }] },
    });
    // Any of its connections will do.
    const stream = await EventClient.open(gateway.sseUrl, { client_id: id });
    for (const transport of ['websocket', 'http_sse', 'auto'])
      expect((await send({ payload: transport, transport })).status).toBe(200);
    await Promise.all([socket.got(4), stream.got(3)]);
    for (const client of [socket, stream]) client.leave();
  });

  it('are changed by a client that can, when it is told to', async () => {
    const socket = await NativeClient.join(gateway.wsUrl, { client_id: id, capabilities: ['switch'], acks: true });
    const switches = (): any[] => socket.told('connection_status').filter(({ status }) => status === 'switch');
    await send({ payload: 'small' });
    expect(switches()).toEqual([]);
    const large = 'x'.repeat(70_000);
    await send({ payload: large });
    await until(() => switches().length > 0, 'the word to switch');
    expect(switches()).toEqual([{ status: 'switch', to: 'http_sse', retry: 0 }]);
    await send({ payload: large });
    expect(switches()).toHaveLength(1);
    const { resume_token } = socket.welcome;
    const stream = await EventClient.open(gateway.sseUrl, { resume_token, acks: true });
    await stream.got(3);
    expect(stream.bodies).toEqual(['small', large, large]);
    expect(stream.told('transport_switched')).toEqual([{ from: 'websocket', to: 'http_sse' }]);
    expect(await socket.ended()).toEqual({ code: 1000, reason: 'replaced' });
    await send({ payload: 'back?', transport: 'websocket' });
    await until(() => stream.told('connection_status').length > 0, 'the word to switch back');
    expect(stream.told('connection_status')).toEqual([{ status: 'switch', to: 'websocket', retry: 0 }]);
    stream.leave();
  });

  it('are changed three times a minute at most; the connection that there is stays', async () => {
    let current: NativeClient | EventClient = await NativeClient.join(gateway.wsUrl, { client_id: id });
    for (let i = 0; i < 3; i++) {
      const { resume_token }: { resume_token: string } = current.welcome;
      current =
        i % 2 === 0
          ? await EventClient.open(gateway.sseUrl, { resume_token })
          : await NativeClient.join(gateway.wsUrl, { resume_token });
      await until(() => current.told('transport_switched').length > 0, 'the switch');
    }
    const { resume_token } = current.welcome;
    const refused = await NativeClient.open(gateway.wsUrl);
    refused.send({ type: 'hello', data: { resume_token } });
    expect(await refused.ended()).toEqual({ code: 1008, reason: 'refused' });
    const [error] = refused.errors;
    expect(error).toMatchObject({ error: 'switch_refused', retry_after: expect.any(Number) });
    expect(error.retry_after).toBeGreaterThan(50_000);
    expect(error.retry_after).toBeLessThanOrEqual(60_000);
    expect(current.isClosed).toBe(false);
    // Who has nothing left is let in by whatever transport.
    current.leave();
    await until(async () => (await send({ payload: 1 })).status === 202, 'the gateway to notice');
    await NativeClient.join(gateway.wsUrl, { resume_token });
  });
});
