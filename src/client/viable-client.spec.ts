import WebSocket from 'ws';
import { ScriptedGateway } from '../../test/support/scripted-gateway.js';
import { until } from '../../test/support/until.js';
import { ViableClient, ViableError, ViableOptions } from './index.js';

describe('ViableClient', () => {
  let gateway: ScriptedGateway;
  let client: ViableClient;
  let got: unknown[];
  let told: string[];
  const clients: ViableClient[] = [];

  const make = (options: Partial<ViableOptions> = {}): ViableClient => {
    const { wsUrl: url, sseUrl } = gateway;
    client = new ViableClient({ url, sseUrl, clientId: 'c1', WebSocket, ...options });
    clients.push(client);
    client.on('status', ({ state }) => told.push(state));
    client.on('gap', gap => told.push(`gap ${gap.epoch} ${gap.next} ${gap.reason}`));
    client.on('switched', ({ from, to }) => told.push(`${from} to ${to}`));
    client.on('error', ({ code }) => told.push(`error ${code}`));
    return client;
  };
  const start = async (options: Partial<ViableOptions> = {}): Promise<ViableClient> => {
    make(options).on('message', ({ payload }) => got.push(payload));
    await client.connect();
    return client;
  };
  const arrived = (count: number): Promise<void> => until(() => got.length >= count, `message ${count}`);
  const upTo = (end: number): number[] => [...Array(end).keys()];

  beforeEach(async () => {
    gateway = await new ScriptedGateway().start();
    got = [];
    told = [];
  });
  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await gateway.stop();
  });

  describe.each(['websocket', 'http_sse'] as const)('by %s', transport => {
    it('joins, gives out messages in order and acknowledges them together', async () => {
      await start({ transport, token: 'secret', topics: ['a', 'b'] });
      gateway.publish(...upTo(100));
      await arrived(100);
      await until(() => gateway.acked === 99);
      expect(got).toEqual(upTo(100));
      expect(gateway.frames.filter(frame => frame.type === 'ack').length).toBeLessThan(10);
      const { data } = gateway.said[0]!;
      expect(data).toMatchObject({ client_id: 'c1', token: 'secret' });
      expect([String(data.acks), String(data.topics)]).toEqual(['true', 'a,b']);
      expect([client.state, client.transport]).toEqual(['open', transport]);
    });

    it('loses and doubles nothing over connections that are reset', async () => {
      await start({ transport });
      for (let i = 0; i < 10; i++) {
        gateway.publish(...Array.from({ length: 20 }, (_, n) => i * 20 + n));
        if (i % 2) await arrived(i * 20);
        gateway.peer.reset();
        await until(() => gateway.said.length === i + 2, 'the client is back');
      }
      await arrived(200);
      expect(got).toEqual(upTo(200));
      expect(told.filter(what => what.startsWith('error'))).toEqual([]);
      expect(gateway.said[5]!.data).toMatchObject({ resume_token: 't5', epoch: 'e1' });
      await until(() => gateway.acked === 199);
    });

    it('drops duplicates, and comes again with its position where one is missing', async () => {
      await start({ transport });
      gateway.publish(0, 1);
      await arrived(2);
      gateway.log.push({ id: 'x', type: 'chat', payload: 2 }, { id: 'y', type: 'chat', payload: 3 });
      gateway.peer.send(gateway.envelope(1));
      gateway.peer.send(gateway.envelope(3));
      await arrived(4);
      expect(got).toEqual([0, 1, 2, 3]);
      expect(gateway.said[1]!.data).toMatchObject({ last: 1 });
    });

    it('goes on behind a gap and tells of it', async () => {
      await start({ transport });
      gateway.publish(0, 1);
      gateway.peer.send({
        type: 'gap',
        payload: { epoch: 'e1', next: 4, from: 2, to: 3, reason: 'overrun' },
      });
      gateway.log.push({ id: 'x', type: 'chat', payload: 2 }, { id: 'y', type: 'chat', payload: 3 });
      gateway.publish(4);
      await arrived(3);
      await until(() => gateway.acked === 4);
      expect([got, told.filter(what => what.startsWith('gap'))]).toEqual([[0, 1, 4], ['gap e1 4 overrun']]);
    });

    it('takes up a new epoch', async () => {
      await start({ transport });
      gateway.publish(0, 1);
      await arrived(2);
      Object.assign(gateway, { epoch: 'e2', acked: -1 });
      gateway.log = [];
      gateway.peer.reset();
      await until(() => gateway.said.length === 2);
      gateway.publish('new');
      await until(() => gateway.acked === 0);
      expect([got, told]).toEqual([[0, 1, 'new'], expect.arrayContaining(['gap e2 0 epoch'])]);
    });

    it('sends, subscribes, and is answered', async () => {
      await start({ transport });
      const acks = await Promise.all([1, 2, 3].map(n => client.send('chat', { n }, { priority: 'high' })));
      expect(acks).toMatchObject(Array(3).fill({ status: 'ok', routed: null }));
      expect(gateway.datas('chat')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(await client.subscribe(['x', 'y'])).toEqual(['x', 'y']);
      gateway.answer = ({ id }) => ({ type: 'error', id, error: 'x', reason: 'rate_limit_exceeded', retry_after: 70 });
      await expect(client.send('chat')).rejects.toMatchObject({ code: 'rate_limit_exceeded', retryAfter: 70 });
    });

    it('sends again with the same id what was not answered, and in order what was sent offline', async () => {
      await start({ transport });
      const { answer } = gateway;
      gateway.answer = () => undefined;
      const first = client.send('chat', 1);
      await until(() => gateway.datas('chat').length === 1);
      gateway.answer = answer;
      gateway.peer.reset();
      await until(() => told.includes('waiting'));
      const others = [2, 3].map(n => client.send('chat', n));
      await Promise.all([first, ...others]);
      const ids = gateway.frames.filter(frame => frame.type === 'chat').map(frame => frame.id as string);
      expect(gateway.datas('chat')).toEqual([1, 1, 2, 3]);
      expect(ids[0]).toBe(ids[1]);
      expect(new Set(ids).size).toBe(3);
    });

    it('ends when another connection has taken its session', async () => {
      await start({ transport });
      gateway.answer = () => undefined;
      const late = client.send('chat').catch((error: ViableError) => error.code);
      await until(() => gateway.datas('chat').length === 1);
      gateway.peer.send({ type: 'connection_status', payload: { status: 'replaced' } });
      gateway.peer.close(1000, 'replaced');
      expect(await late).toBe('replaced');
      expect(client.state).toBe('closed');
      await expect(client.send('chat')).rejects.toMatchObject({ code: 'replaced' });
      expect(gateway.said).toHaveLength(1);
    });

    it('stays away after a shutdown as long as it is asked to, and no longer than need be', async () => {
      await start({ transport });
      const shutdown = new Promise(done => client.on('shutdown', done));
      gateway.peer.send({ type: 'shutdown', payload: { retry: 300 } });
      const left = Date.now();
      gateway.peer.close(1012, 'draining');
      expect(await shutdown).toEqual({ retry: 300 });
      await until(() => gateway.said.length === 2);
      expect(Date.now() - left).toBeGreaterThanOrEqual(295);
      expect(Date.now() - left).toBeLessThan(2_000);
    });

    it('joins by name and position where its token is refused', async () => {
      await start({ transport });
      gateway.publish(0, 1);
      await arrived(2);
      gateway.refuse = ({ data }) => (data.resume_token ? { error: 'x', reason: 'invalid_resume_token' } : undefined);
      gateway.peer.reset();
      await until(() => gateway.said.length === 2);
      expect(gateway.said[1]!.data).toMatchObject({ client_id: 'c1', epoch: 'e1', last: 1 });
    });

    it('asks once anew for credentials that are refused, and then gives up', async () => {
      const tokens = ['old', 'new', 'worse', 'no', 'never'];
      gateway.refuse = ({ data }) => (data.token === 'new' ? undefined : { reason: 'unauthenticated' });
      await start({ transport, token: () => Promise.resolve(tokens.shift()!) });
      expect(gateway.said).toHaveLength(1);
      gateway.peer.reset();
      await until(() => client.state === 'closed');
      expect(tokens).toEqual(['never']);
      await expect(start({ transport, token: 'fixed' })).rejects.toMatchObject({ code: 'unauthenticated' });
    });

    it('gives up a connection that has fallen silent', async () => {
      // Answers to POSTs do not show that the stream still lives, answers on a socket do.
      gateway.heartbeatInterval = 100;
      const { answer } = gateway;
      if (transport === 'websocket') gateway.answer = () => undefined;
      await start({ transport, heartbeat: 50 });
      await until(() => gateway.said.length === 2);
      gateway.answer = answer;
      const { length } = gateway.frames;
      await until(() => gateway.frames.length > length + 6);
      if (transport === 'websocket') expect(gateway.said).toHaveLength(2);
      else expect(gateway.said.length).toBeGreaterThan(2);
    });

    it('acknowledges at the end, and leaves nothing behind', async () => {
      await start({ transport });
      gateway.publish(0, 1, 2);
      await arrived(3);
      client.close();
      await until(() => gateway.acked === 2 && gateway.peers.size === 0);
      expect(client.state).toBe('closed');
      gateway.publish(3);
      expect(got).toEqual([0, 1, 2]);
    });
  });

  it('waits for slow handlers, and acknowledges what they are done with', async () => {
    make();
    const release: (() => void)[] = [];
    client.on('message', ({ payload }) => {
      got.push(payload);
      return new Promise<void>(done => release.push(done));
    });
    await client.connect();
    gateway.publish(0, 1, 2);
    await arrived(1);
    release.shift()!();
    await until(() => gateway.acked === 0);
    await arrived(2);
    gateway.peer.reset();
    await until(() => gateway.said.length === 2);
    expect(gateway.said[1]!.data).toMatchObject({ last: 0 });
    release.shift()!();
    await arrived(3);
    expect(got).toEqual([0, 1, 2]);
  });

  it('fetches again what did not fit while handlers were slow', async () => {
    make({ inbox: 10 });
    let open = (): void => undefined;
    const gate = new Promise<void>(done => (open = done));
    client.on('message', async ({ payload }) => {
      await gate;
      got.push(payload);
    });
    await client.connect();
    gateway.publish(...upTo(100));
    await client.send('marker');
    expect(got).toEqual([]);
    open();
    await arrived(100);
    expect(got).toEqual(upTo(100));
  });

  it('goes on after a handler that failed, and says so', async () => {
    make().on('message', ({ payload }) => {
      got.push(payload);
      throw new Error('no');
    });
    await client.connect();
    gateway.publish(0, 1);
    await until(() => gateway.acked === 1);
    expect(told.filter(what => what === 'error handler_failed')).toHaveLength(2);
  });

  it('keeps messages until somebody listens', async () => {
    make();
    await client.connect();
    gateway.publish(0, 1);
    await client.send('marker');
    client.on('message', ({ payload }) => got.push(payload));
    await arrived(2);
  });

  it('gives messages to a loop, each acknowledged when the next is asked for', async () => {
    make();
    await client.connect();
    const abort = new AbortController();
    gateway.publish(0, 1, 2);
    for await (const { payload } of client.messages({ signal: abort.signal })) {
      got.push(payload);
      if (payload === 1) await until(() => gateway.acked === 0);
      if (payload === 2) abort.abort();
    }
    expect(got).toEqual([0, 1, 2]);
    await until(() => gateway.acked === 2);
    const loop = client.messages()[Symbol.asyncIterator]();
    const next = loop.next();
    client.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('breaks a loop off with the reason where the gateway ended it for good', async () => {
    make();
    await client.connect();
    const next = client.messages().next();
    gateway.peer.close(1000, 'done');
    await expect(next).rejects.toMatchObject({ code: 'done' });
  });

  it('falls back to the event stream, and goes back when it can, with nothing lost or doubled', async () => {
    gateway.socketsRefused = true;
    await start({ wayBack: 200 });
    expect(client.transport).toBe('http_sse');
    let n = 0;
    const source = setInterval(() => gateway.publish(n++), 1);
    try {
      await arrived(100);
      gateway.socketsRefused = false;
      await until(() => client.transport === 'websocket');
      await arrived(got.length + 100);
    } finally {
      clearInterval(source);
    }
    await arrived(n);
    expect(got).toEqual(upTo(n));
    expect(told).toContain('http_sse to websocket');
    expect(told.filter(what => what === 'waiting')).toHaveLength(2);
    await until(() => gateway.peers.size === 1);
  });

  it('comes by the event stream at once where there is no WebSocket', async () => {
    const { WebSocket: there } = globalThis as { WebSocket?: unknown };
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      await start({ WebSocket: undefined });
      expect(client.transport).toBe('http_sse');
      expect(() => make({ WebSocket: undefined, sseUrl: undefined })).toThrow(ViableError);
    } finally {
      Object.assign(globalThis, { WebSocket: there });
    }
  });

  it('switches when the application or the gateway wants it, answers included', async () => {
    await start();
    let n = 0;
    const source = setInterval(() => gateway.publish(n++), 1);
    const sends: Promise<unknown>[] = [];
    const sender = setInterval(() => sends.push(client.send('chat', sends.length)), 1);
    try {
      await arrived(20);
      client.switchTo('http_sse');
      await until(() => client.transport === 'http_sse');
      await arrived(got.length + 50);
      gateway.peer.send({ type: 'connection_status', payload: { status: 'switch', to: 'websocket', retry: 20 } });
      await until(() => client.transport === 'websocket');
      await arrived(got.length + 50);
    } finally {
      clearInterval(source);
      clearInterval(sender);
    }
    await arrived(n);
    expect(got).toEqual(upTo(n));
    await Promise.all(sends);
    // Nothing needed to be sent twice: what was in flight was answered before the switch.
    expect(gateway.datas('chat')).toEqual(upTo(sends.length));
    expect(told.filter(what => what.includes(' to '))).toEqual(['websocket to http_sse', 'http_sse to websocket']);
  });

  it('stays where it is when the other transport does not come about', async () => {
    await start();
    gateway.streamsRefused = true;
    client.switchTo('http_sse');
    await client.send('chat');
    gateway.publish(0);
    await arrived(1);
    expect([client.transport, client.state]).toEqual(['websocket', 'open']);
  });

  it('comes back to a gateway that was away', async () => {
    await start();
    const { port } = gateway;
    await gateway.stop();
    await until(() => told.includes('waiting'));
    const sent = client.send('chat', 'late');
    gateway = await new ScriptedGateway().start(port);
    await sent;
    gateway.publish('x');
    await arrived(1);
    expect(client.state).toBe('open');
  });

  it('goes on across page loads', async () => {
    const kept = new Map<string, string>();
    const storage = {
      get: (key: string) => Promise.resolve(kept.get(key)),
      set: (key: string, value: string) => void kept.set(key, value),
    };
    await start({ storage });
    gateway.publish(0, 1);
    await arrived(2);
    client.close();
    await start({ storage });
    gateway.publish(2);
    await arrived(3);
    expect(got).toEqual([0, 1, 2]);
    expect(gateway.said[1]!.data).toMatchObject({ resume_token: 't1', epoch: 'e1', last: 1 });
  });

  it('says that messages are lost where the gateway begins later and does not', async () => {
    await start();
    gateway.publish(0);
    await until(() => gateway.acked === 0);
    gateway.epoch = 'e2';
    const peer = gateway.peer;
    gateway.refuse = ({ data }) => void delete data.epoch;
    peer.reset();
    await until(() => gateway.said.length === 2);
    gateway.publish(1);
    await arrived(2);
    expect(got).toEqual([0, 1]);
    expect(told).toContain('gap e2 1 unknown_position');
  });

  it('tells what the control plane and the gateway have to say', async () => {
    await start();
    const said: unknown[] = [];
    client.on('vsm_update', update => said.push(update));
    client.on('presence', ({ client_id, status }) => said.push([client_id, status]));
    client.on('connection_status', ({ status }) => said.push(status));
    gateway.peer.send({ type: 'vsm_update', payload: { level: 3 } });
    gateway.peer.send({ type: 'presence', payload: { client_id: 'x', status: 'online' } });
    gateway.peer.send({ type: 'connection_status', payload: { status: 'throttled' } });
    gateway.peer.send({ type: 'unheard_of', payload: 1 });
    gateway.peer.send({ nothing: true });
    await until(() => told.includes('error invalid_frame'));
    expect(said).toEqual([{ level: 3 }, ['x', 'online'], 'throttled']);
  });

  it('refuses what is no message, and what nobody can take any more', async () => {
    make();
    await expect(client.send('ack')).rejects.toMatchObject({ code: 'invalid_message' });
    client.close();
    await expect(client.send('chat')).rejects.toMatchObject({ code: 'closed' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'closed' });
    expect(() => client.switchTo('http_sse')).toThrow(ViableError);
  });

  it('ends by its signal, and takes its listeners off', async () => {
    const abort = new AbortController();
    const added = jest.spyOn(abort.signal, 'addEventListener');
    const removed = jest.spyOn(abort.signal, 'removeEventListener');
    await start({ signal: abort.signal });
    const off = client.on('message', () => undefined, { signal: abort.signal });
    const sent = client.send('chat', 1, { signal: abort.signal, timeout: 10_000 });
    await sent;
    off();
    client.on('gap', () => undefined, { signal: abort.signal });
    expect(added.mock.calls.length - removed.mock.calls.length).toBe(2);
    abort.abort();
    expect(client.state).toBe('closed');
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });

  it('tries at once when the browser is online again', async () => {
    const page = globalThis as unknown as Record<string, unknown>;
    let online = (): void => undefined;
    Object.assign(page, {
      addEventListener: (_: string, f: () => void) => (online = f),
      removeEventListener: jest.fn(),
    });
    try {
      await start({ backoff: { base: 60_000, max: 60_000 } });
      gateway.peer.reset();
      await until(() => client.state === 'waiting');
      online();
      await until(() => gateway.said.length === 2);
      client.close();
      expect(page.removeEventListener).toHaveBeenCalledWith('online', online);
    } finally {
      delete page.addEventListener;
      delete page.removeEventListener;
    }
  });
});
