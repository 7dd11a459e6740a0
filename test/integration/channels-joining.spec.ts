import { once } from 'node:events';
import { WebSocket } from 'ws';
import { EventClient, messagesOf, NativeClient, Params, PhoenixClient, publish } from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

describe('channels: joining', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      delivery: { silent_window: 3 },
      sessions: { idle_timeout: 60_000 },
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const send = (body: unknown, more: object = {}, to = id) =>
    publish(gateway.mcpUrl, messagesOf(to), { payload: { body }, ...more });

  async function sendAll(from: number, to: number): Promise<void> {
    const batch = Array.from({ length: to - from }, (_, i) => ({ payload: { body: from + i } }));
    expect((await publish(gateway.mcpUrl, messagesOf(id), batch)).status).toBeLessThan(300);
  }

  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

  describe('by each door', () => {
    const WELCOME = {
      session_id: expect.any(String),
      resume_token: expect.any(String),
      expires_at: expect.any(Number),
      epoch: expect.any(String),
      next: 0,
      resumed: false,
      heartbeat_interval: 30_000,
    };

    it('welcomes a native client by hello, by its URL at once, and by its URL alone', async () => {
      const hello = await NativeClient.join(gateway.wsUrl, { client_id: id });
      expect(hello.welcome).toMatchObject({ ...WELCOME, client_id: id, transport: 'websocket' });
      const silent = await NativeClient.open(gateway.wsUrl, { client_id: `${id}-url` });
      expect((await silent.joined()).welcome).toMatchObject({ ...WELCOME, client_id: `${id}-url` });
      for (const client of [hello, silent]) client.leave();
    });

    it('lets a client that is named in its URL speak without a hello', async () => {
      const client = await NativeClient.open(gateway.wsUrl, { client_id: id });
      expect(await client.say({ type: 'chat', data: {} })).toMatchObject({ type: 'ack', status: 'ok', routed: null });
      expect(client.welcome).toMatchObject({ client_id: id });
      client.leave();
    });

    it('prefers what the hello says to what the URL says', async () => {
      const client = await NativeClient.open(gateway.wsUrl, { client_id: 'by-url', topics: 'a' });
      client.send({ type: 'hello', data: { client_id: id, topics: ['b'] } });
      expect((await client.joined()).welcome.client_id).toBe(id);
      expect(await client.say({ type: 'subscribe', data: { topics: ['c'] } })).toMatchObject({
        topics: ['a', 'b', 'c'],
      });
      client.leave();
    });

    it('welcomes an event stream, and answers what it posts', async () => {
      const client = await EventClient.open(gateway.sseUrl, { client_id: id, debug: true });
      expect(client.welcome).toMatchObject({ ...WELCOME, transport: 'http_sse', endpoint: expect.any(String) });
      expect(client.told('debug')).toMatchObject([{ event: 'attached', kind: 'silent', connections: 1 }]);
      const answers = await client.post([
        { id: 1, type: 'ping' },
        { id: 'two', type: 'chat', data: {} },
        { type: 'subscribe', data: { topics: ['t'] } },
        { id: 'four', type: 'ack', msg_id: 'never-sent' },
        'no frame',
      ]);
      expect(answers).toMatchObject([
        { type: 'ack', id: 1 },
        { type: 'ack', id: 'two', status: 'ok', routed: null },
        { type: 'ack', id: null, topics: ['t'] },
        { type: 'error', id: 'four', error: 'invalid_ack' },
        { type: 'error', id: null, error: 'invalid_frame' },
      ]);
      client.leave();
    });

    it('welcomes Phoenix, over a socket and by polling', async () => {
      const client = await PhoenixClient.join(gateway.wsUrl, { client_id: id });
      expect(client.welcome).toMatchObject({ ...WELCOME, client_id: id, transport: 'websocket' });
      expect(await client.push('message', { type: 'chat', data: 1 })).toEqual({
        status: 'ok',
        response: { routed: null },
      });
      client.leave();

      const polled = await poll('');
      const join = JSON.stringify(['1', '1', 'mcp:gateway', 'phx_join', { client_id: `${id}-poll` }]);
      const posted = await fetch(longpoll(polled.token), { method: 'POST', body: join });
      expect(await posted.json()).toMatchObject({ status: 200 });
      const { messages } = await poll(polled.token);
      const [joinRef, ref, , event, payload] = JSON.parse(messages[0]!);
      expect([joinRef, ref, event]).toEqual(['1', '1', 'phx_reply']);
      expect(payload.response).toMatchObject({ ...WELCOME, client_id: `${id}-poll`, transport: 'http_sse' });
    });

    const longpoll = (token: string): string => {
      const url = new URL(`${gateway.wsUrl.replace('ws:', 'http:')}/longpoll?vsn=2.0.0`);
      if (token !== '') url.searchParams.set('token', token);
      return url.href;
    };
    const poll = async (token: string): Promise<{ status: number; token: string; messages: string[] }> =>
      (await fetch(longpoll(token))).json() as never;

    it.each([
      ['names no client', {}, 'client_id_required'],
      ['has a name that nobody could print', { client_id: 'a b' }, 'client_id_required'],
      ['has a name that is too long', { client_id: 'x'.repeat(129) }, 'client_id_required'],
      ['asks for too many topics', { client_id: 'x', topics: range(0, 65) }, 'invalid_message'],
      ['has a token to resume by that is none', { resume_token: 'nonsense' }, 'invalid_resume_token'],
    ])('refuses who %s', async (_, hello, error) => {
      const native = await NativeClient.open(gateway.wsUrl);
      native.send({ id: 'h', type: 'hello', data: hello });
      expect(await native.ended()).toEqual({ code: 1008, reason: 'refused' });
      expect(native.errors).toMatchObject([{ id: 'h', error, message: expect.any(String) }]);
      const phoenix = await PhoenixClient.open(gateway.wsUrl);
      expect(await phoenix.push('phx_join', hello)).toMatchObject({ status: 'error', response: { error } });
      expect((await phoenix.push('phx_join', { client_id: id })).status).toBe('ok');
      phoenix.leave();
    });
  });

  describe('the session of a client', () => {
    it('is one for all its connections, each of which gets every message', async () => {
      const socket = await NativeClient.join(gateway.wsUrl, { client_id: id });
      const stream = await EventClient.open(gateway.sseUrl, { client_id: id });
      const phoenix = await PhoenixClient.join(gateway.wsUrl, { client_id: id });
      const all = [socket, stream, phoenix];
      expect(new Set(all.map(({ welcome }) => welcome.session_id)).size).toBe(1);
      expect([socket.welcome.resumed, stream.welcome.resumed, phoenix.welcome.resumed]).toEqual([false, true, true]);
      expect((await send('to all')).body.results).toMatchObject([{ client_id: id, status: 'delivered', sequence: 0 }]);
      for (const client of all) {
        await client.got(1);
        expect(client.bodies).toEqual(['to all']);
        client.leave();
      }
    });

    it('may be a further one', async () => {
      const first = await NativeClient.join(gateway.wsUrl, { client_id: id });
      const further = await NativeClient.join(gateway.wsUrl, { client_id: id, session: 'new' });
      expect(further.welcome).toMatchObject({ client_id: id, resumed: false });
      expect(further.welcome.session_id).not.toBe(first.welcome.session_id);
      const { body } = await send('both');
      expect(body.counts).toEqual({ delivered: 2, queued: 0, refused: 0 });
      await Promise.all([first, further].map(client => client.got(1)));
      const again = await NativeClient.join(gateway.wsUrl, { client_id: id });
      expect(again.welcome.session_id).toBe(first.welcome.session_id);
      for (const client of [first, further, again]) client.leave();
    });

    it.each(['websocket', 'http_sse'])('is taken over by its token, by a new connection over %s', async transport => {
      const old = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
      const stream = await EventClient.open(gateway.sseUrl, { client_id: id });
      await send('before');
      await Promise.all([old, stream].map(client => client.got(1)));
      await old.say({ type: 'ack', msg_id: 'no such' });
      old.ack(0);
      const { resume_token, session_id, epoch } = old.welcome;
      const join =
        transport === 'websocket'
          ? NativeClient.join(gateway.wsUrl, { resume_token, acks: true })
          : EventClient.open(gateway.sseUrl, { resume_token, acks: true });
      const next = await join;
      expect(next.welcome).toMatchObject({ client_id: id, session_id, epoch, resumed: true, next: 1, transport });
      expect(await old.ended()).toEqual({ code: 1000, reason: 'replaced' });
      expect(old.told('connection_status').at(-1)).toEqual({ status: 'replaced' });
      await stream.ended();
      expect(stream.told('connection_status').at(-1)).toEqual({ status: 'replaced' });
      expect(stream.retry).toBeGreaterThan(60_000);
      await send('after');
      await next.got(1);
      expect(next.bodies).toEqual(['after']);
      next.leave();
    });

    it('is told when it goes on by another transport', async () => {
      const old = await NativeClient.join(gateway.wsUrl, { client_id: id });
      const { resume_token } = old.welcome;
      const next = await EventClient.open(gateway.sseUrl, { resume_token });
      await until(() => next.told('transport_switched').length > 0, 'the news');
      expect(next.told('transport_switched')).toEqual([{ from: 'websocket', to: 'http_sse' }]);
      await old.ended();
      next.leave();
    });

    it('has tokens of which the newest few are good', async () => {
      const first = await NativeClient.join(gateway.wsUrl, { client_id: id });
      let last = first;
      for (let i = 0; i < 3; i++)
        last = await NativeClient.join(gateway.wsUrl, { resume_token: last.welcome.resume_token });
      const late = await NativeClient.open(gateway.wsUrl);
      late.send({ type: 'hello', data: { resume_token: first.welcome.resume_token } });
      await late.ended();
      expect(late.errors).toMatchObject([{ error: 'invalid_resume_token' }]);
      expect(last.isClosed).toBe(false);
      last.leave();
    });

    it('has a token that stays good for an EventSource that always comes by it', async () => {
      const { resume_token } = (await NativeClient.join(gateway.wsUrl, { client_id: id })).welcome;
      for (let i = 0; i < 6; i++) {
        const stream = await EventClient.open(gateway.sseUrl, { resume_token });
        stream.leave();
        await stream.ended();
      }
    });

    it('is resumed by a Phoenix client on the socket that it has, which stays', async () => {
      const client = await PhoenixClient.join(gateway.wsUrl, { client_id: id });
      const { resume_token, session_id } = client.welcome;
      const again = await client.push('phx_join', { resume_token });
      expect(again).toMatchObject({ status: 'ok', response: { session_id, resumed: true } });
      expect(client.told('connection_status')).toEqual([]);
      await send('still here');
      await client.got(1);
      expect(client.isClosed).toBe(false);
      client.leave();
    });

    it('ends for Phoenix with phx_leave, and begins again with phx_join', async () => {
      const client = await PhoenixClient.join(gateway.wsUrl, { client_id: id });
      expect(await client.push('phx_leave')).toMatchObject({ status: 'ok' });
      await until(() => client.pushes.some(({ event }) => event === 'phx_close'), 'phx_close');
      expect(await client.push('message', { type: 'x' })).toMatchObject({ response: { error: 'unmatched_topic' } });
      expect((await send('kept')).status).toBe(202);
      expect(await client.push('phx_join', { client_id: id })).toMatchObject({ response: { resumed: true, next: 0 } });
      await client.got(1);
      client.leave();
    });
  });

  describe('after a drop', () => {
    it('gives a client that acknowledges everything it did not acknowledge, in order', async () => {
      const first = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
      await sendAll(0, 20);
      await first.got(20);
      first.ack(9);
      expect((await first.say({ type: 'ping' })).status).toBe('ok');
      first.cut();
      await sendAll(20, 30);
      const second = await NativeClient.join(gateway.wsUrl, {
        resume_token: first.welcome.resume_token,
        acks: true,
      });
      expect(second.welcome.next).toBe(10);
      await second.got(20);
      expect(second.sequences).toEqual(range(10, 30));
      expect(second.bodies).toEqual(range(10, 30));
      second.leave();
    });

    it('begins where the client says that it is, be it before or after what it has acknowledged', async () => {
      const first = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
      const { epoch } = first.welcome;
      await sendAll(0, 20);
      await first.got(20);
      first.ack(9);
      await first.say({ type: 'ping' });
      for (const last of [4, 14, -1, 19]) {
        const client = await NativeClient.join(gateway.wsUrl, { client_id: id, epoch, last, acks: true });
        expect(client.welcome.next).toBe(last + 1);
        await client.got(19 - last);
        expect(client.sequences).toEqual(range(last + 1, 20));
        client.leave();
        await client.ended();
      }
      first.leave();
    });

    it('gives an EventSource what it has not had, by Last-Event-ID, whatever its URL said', async () => {
      const first = await EventClient.open(gateway.sseUrl, { client_id: id });
      const { epoch } = first.welcome;
      await sendAll(0, 10);
      await first.got(10);
      expect(first.ids).toEqual(range(-1, 10).map(sequence => `${epoch}:${sequence}`));
      first.leave();
      await first.ended();
      await sendAll(10, 15);
      // The URL of an EventSource stays what it was when the page was loaded.
      for (const stale of [{}, { epoch, last: 2 }]) {
        const params: Params = { client_id: id, ...(stale as Params) };
        const second = await EventClient.open(gateway.sseUrl, params, { 'last-event-id': `${epoch}:7` });
        expect(second.welcome.next).toBe(8);
        await second.got(7);
        expect(second.sequences).toEqual(range(8, 15));
        expect(second.told('gap')).toEqual([]);
        second.leave();
        await second.ended();
      }
    });

    it('gives a client that says nothing the last ones again, and all that it cannot have had', async () => {
      const first = await NativeClient.join(gateway.wsUrl, { client_id: id });
      await sendAll(0, 10);
      await first.got(10);
      first.cut();
      await until(async () => (await send('away')).status === 202, 'the gateway to notice');
      const second = await NativeClient.join(gateway.wsUrl, { client_id: id });
      await until(() => second.bodies.includes('away'), 'what came while it was away');
      const { next } = second.welcome;
      // Three of those that its socket took, and all that it had not taken when it was cut.
      expect(next).toBeLessThanOrEqual(7);
      expect(second.sequences).toEqual(range(next, next + second.messages.length));
      second.leave();
    });

    it('tells of what is lost: an epoch that is over, a place that never was, and what is no longer kept', async () => {
      const client = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
      const { epoch } = client.welcome;
      await sendAll(0, 5);
      await client.got(5);
      client.ack(4);
      await client.say({ type: 'ping' });
      const gapAt = async (where: string, last: number): Promise<any> => {
        const other = await NativeClient.join(gateway.wsUrl, { client_id: id, epoch: where, last, acks: true });
        await until(() => other.told('gap').length > 0, 'the gap');
        const [gap] = other.told('gap');
        expect(other.welcome.next).toBe(gap.next);
        other.leave();
        await other.ended();
        return gap;
      };
      expect(await gapAt('another', 7)).toEqual({ reason: 'epoch', epoch, next: 0, from: 8, to: null });
      expect(await gapAt(epoch, 99)).toEqual({ reason: 'unknown_position', epoch, next: 5, from: null, to: null });
      for (let i = 0; i < 6; i++) {
        await sendAll(0, 50);
        await client.got(5 + (i + 1) * 50);
        client.ack(client.sequences.at(-1)!);
      }
      await client.say({ type: 'ping' });
      expect(await gapAt(epoch, 3)).toMatchObject({ reason: 'overrun', epoch, from: 4, to: expect.any(Number) });
      client.leave();
    });
  });

  it('sends urgent messages first once the window is full, and the others in their order', async () => {
    const away = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
    away.leave();
    await until(async () => (await send('first', { priority: 'low' })).status === 202, 'the gateway to notice');
    const before = (await send('count')).body;
    expect(before.counts.queued).toBe(1);
    for (const priority of ['low', 'normal', 'high', 'low', 'normal', 'high']) await send(priority, { priority });
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
    await until(() => client.messages.length >= 8, 'all of them');
    const priorities = client.messages.map(({ priority }) => priority);
    const ranks = priorities.map(priority => ['high', 'normal', 'low'].indexOf(priority));
    expect(ranks).toEqual([...ranks].sort());
    client.leave();
  });

  it('tells sessions with the scope presence who comes and goes: clients, not their connections', async () => {
    const watcher = await NativeClient.join(gateway.wsUrl, { client_id: id, scopes: ['presence', '*'] });
    const other = `${id}-other`;
    const first = await NativeClient.join(gateway.wsUrl, { client_id: other });
    const second = await EventClient.open(gateway.sseUrl, { client_id: other });
    const third = await NativeClient.join(gateway.wsUrl, { client_id: other, session: 'new' });
    const taken = await NativeClient.join(gateway.wsUrl, { resume_token: third.welcome.resume_token });
    await third.ended();
    for (const client of [first, second]) client.leave();
    await until(async () => (await send('x', {}, other)).body.counts.queued === 1, 'two to be gone');
    const seen = (): any[] => watcher.told('presence').filter(({ client_id }) => client_id === other);
    expect(seen()).toEqual([{ client_id: other, status: 'online' }]);
    taken.leave();
    await until(() => seen().length > 1, 'the end');
    expect(seen().at(-1)).toEqual({ client_id: other, status: 'offline' });
    expect(seen()).toHaveLength(2);
    expect(watcher.told('presence').filter(({ client_id }) => client_id === id)).toEqual([]);
    watcher.leave();
  });
});

describe('channels: an end', () => {
  it('comes to sessions without a connection after the idle time, and not to others', async () => {
    const gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      sessions: { idle_timeout: 200, resume_ttl: 100 },
    });
    const stays = await NativeClient.join(gateway.wsUrl, { client_id: 'stays' });
    const goes = await NativeClient.join(gateway.wsUrl, { client_id: 'goes' });
    goes.leave();
    const gone = async (): Promise<boolean> =>
      (await publish(gateway.mcpUrl, messagesOf('goes'), { payload: 1 })).status === 404;
    await until(gone, 'the end of the session');
    expect((await publish(gateway.mcpUrl, messagesOf('stays'), { payload: 1 })).status).toBe(200);
    for (const [client, error] of [
      [goes, 'invalid_resume_token'],
      [stays, 'resume_token_expired'],
    ] as const) {
      const late = await NativeClient.open(gateway.wsUrl);
      late.send({ type: 'hello', data: { resume_token: client.welcome.resume_token } });
      await late.ended();
      expect(late.errors).toMatchObject([{ error }]);
    }
    expect(stays.isClosed).toBe(false);
    const anew = await NativeClient.join(gateway.wsUrl, { client_id: 'goes' });
    expect(anew.welcome).toMatchObject({ resumed: false, next: 0 });
    expect(anew.welcome.epoch).not.toBe(goes.welcome.epoch);
    await gateway.stop();
  });

  it('comes to a connection that answers no pings, but not while it says anything', async () => {
    const gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      websocket: { ping_interval: 100, pong_timeout: 300 },
    });
    const socket = new WebSocket(`${gateway.wsUrl}?client_id=x`, { autoPong: false });
    let pings = 0;
    let open = true;
    socket.on('ping', () => pings++).on('close', () => (open = false));
    await once(socket, 'open');
    const receiver = setInterval(() => socket.send('{"type":"heartbeat"}'), 50);
    await until(() => pings >= 4 || !open, 'a few pings');
    expect(open).toBe(true);
    clearInterval(receiver);
    await until(() => !open, 'the end');
    await gateway.stop();
  });

  it('of the gateway is told to everybody, with when to come back, after what is owed', async () => {
    const gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }] });
    const socket = await NativeClient.join(gateway.wsUrl, { client_id: 'socket', acks: true });
    const stream = await EventClient.open(gateway.sseUrl, { client_id: 'stream' });
    const phoenix = await PhoenixClient.join(gateway.wsUrl, { client_id: 'phoenix' });
    const undecided = await NativeClient.open(gateway.wsUrl);
    const unjoined = await PhoenixClient.open(gateway.wsUrl);
    const clients = [socket, stream, phoenix];
    await gateway.router.broadcast({ payload: '{"body":"last words"}' });
    const startedAt = Date.now();
    await gateway.stop();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    for (const client of clients) {
      await until(() => client.isClosed, 'the close');
      expect(client.bodies).toEqual(['last words']);
      expect(client.told('shutdown')).toEqual([{ retry: 1_000 }]);
    }
    for (const client of [socket, phoenix]) expect(client.closed).toEqual({ code: 1012, reason: 'draining' });
    expect(stream.retry).toBe(1_000);
    for (const client of [undecided, unjoined]) await client.ended();
  });
});
