import { EventClient, messagesOf, metricOf, NativeClient, PhoenixClient, publish } from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];
/** Somebody who is not on this machine, as the proxy says. */
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

describe('channels: limits', () => {
  const running: RunningGateway[] = [];

  afterEach(async () => {
    for (const gateway of running.splice(0)) await gateway.stop();
  });

  async function start(limits: object, more: object = {}): Promise<RunningGateway> {
    const gateway = await startGateway({ units, limits, trusted_proxies: ['127.0.0.1'], ...more });
    running.push(gateway);
    return gateway;
  }

  /** Joins that are refused. @returns the error */
  async function refusal(gateway: RunningGateway, hello: object, headers = {}): Promise<any> {
    const client = await NativeClient.open(gateway.wsUrl, {}, headers);
    client.send({ type: 'hello', data: hello });
    expect(await client.ended()).toEqual({ code: 1008, reason: 'refused' });
    expect(client.errors).toHaveLength(1);
    return client.errors[0];
  }

  it('let a client say so much in a second, and tell it when it may go on', async () => {
    const gateway = await start({ messages_per_client: 5, messages_refill: 20 });
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x', acks: true });
    for (let i = 0; i < 8; i++) client.send({ id: i, type: 'chat' });
    await until(() => client.frames.filter(({ id }) => id !== undefined).length === 8, 'all answers');
    expect(client.frames.filter(({ type }) => type === 'ack')).toHaveLength(5);
    expect(client.errors).toHaveLength(3);
    for (const error of client.errors) {
      expect(error).toMatchObject({ error: 'rate_limit_exceeded', id: expect.anything() });
      expect(error.retry_after).toBeGreaterThan(0);
      expect(error.retry_after).toBeLessThanOrEqual(50);
    }
    // What the wire itself needs is not rationed, and others are not held back.
    await gateway.router.broadcast({ payload: '1' });
    await client.got(1);
    client.ack(0);
    const other = await PhoenixClient.join(gateway.wsUrl, { client_id: 'y' });
    expect((await other.push('message', { type: 'chat' })).status).toBe('ok');
    await until(async () => (await client.say({ type: 'chat' })).status === 'ok', 'a token');
  });

  it('let a client have five connections, whatever their sessions; who takes one over needs no sixth', async () => {
    const gateway = await start({});
    const join = (hello: object = {}): Promise<NativeClient> =>
      NativeClient.join(gateway.wsUrl, { client_id: 'x', ...hello });
    const five = [await join(), await join(), await join({ session: 'new' }), await join({ session: 'new' })];
    five.push((await EventClient.open(gateway.sseUrl, { client_id: 'x' })) as never);
    const sessions = await metricOf(gateway.managementUrl, 'gateway_sessions');
    for (const hello of [{ client_id: 'x' }, { client_id: 'x', session: 'new' }]) {
      const error = await refusal(gateway, hello);
      expect(error).toMatchObject({ error: 'too_many_connections', retry_after: 5_000 });
    }
    const stream = await EventClient.request(gateway.sseUrl, { client_id: 'x', session: 'new' });
    expect([stream.response.status, stream.response.headers.get('retry-after')]).toEqual([429, '5']);
    // Nothing is left of those who were refused.
    expect(await metricOf(gateway.managementUrl, 'gateway_sessions')).toBe(sessions);
    expect((await gateway.router.broadcast({ payload: '1' })).counts).toEqual({ delivered: 3, queued: 0, refused: 0 });
    const next = await join({ resume_token: five[2]!.welcome.resume_token });
    await five[2]!.ended();
    expect(five.map(({ isClosed }) => isClosed)).toEqual([false, false, true, false, false]);
    next.leave();
    await until(async () => {
      const client = await NativeClient.open(gateway.wsUrl, { client_id: 'x' });
      client.send({ type: 'hello' });
      await until(() => client.welcome !== undefined || client.isClosed);
      return !client.isClosed;
    }, 'the place to be free again');
  });

  it('let anonymous callers of one address have so many connections', async () => {
    const gateway = await start({ connections_per_ip: 2 });
    const join = (client_id: string, address: string): Promise<NativeClient> =>
      NativeClient.join(gateway.wsUrl, { client_id }, from(address));
    const a = await join('a', '203.0.113.1');
    await EventClient.open(gateway.sseUrl, { client_id: 'b' }, from('203.0.113.1'));
    const error = await refusal(gateway, { client_id: 'c' }, from('203.0.113.1'));
    expect(error).toMatchObject({ error: 'too_many_connections' });
    await join('d', '203.0.113.2');
    // A site has all addresses of a /64.
    await join('e', '2001:db8::1');
    await join('f', '2001:db8::2');
    expect((await refusal(gateway, { client_id: 'g' }, from('2001:db8::3'))).error).toBe('too_many_connections');
    for (let i = 0; i < 5; i++) await NativeClient.join(gateway.wsUrl, { client_id: `local-${i}` });
    a.leave();
    await a.ended();
    await join('c', '203.0.113.1');
  });

  it('let a client join so many times a minute, and leave nothing of those who are refused', async () => {
    const gateway = await start({ joins_per_minute: 3 });
    for (let i = 0; i < 3; i++) (await NativeClient.join(gateway.wsUrl, { client_id: 'x', session: 'new' })).leave();
    for (let i = 0; i < 5; i++) {
      const error = await refusal(gateway, { client_id: 'x', session: 'new' });
      expect(error).toMatchObject({ error: 'rate_limit_exceeded', retry_after: expect.any(Number) });
      expect(error.retry_after).toBeLessThanOrEqual(20_000);
    }
    expect(await metricOf(gateway.managementUrl, 'gateway_sessions')).toBe(3);
    await NativeClient.join(gateway.wsUrl, { client_id: 'y' });
  });

  it('let an address connect so many times a minute, before anything is known of it', async () => {
    const gateway = await start({ connects_per_minute: 2 });
    await NativeClient.open(gateway.wsUrl, {}, from('203.0.113.1'));
    await EventClient.open(gateway.sseUrl, { client_id: 'a' }, from('203.0.113.1'));
    const third = await EventClient.request(gateway.sseUrl, { client_id: 'a' }, from('203.0.113.1'));
    expect(third.response.status).toBe(429);
    expect(await third.response.json()).toMatchObject({
      error: 'rate_limit_exceeded',
      retry_after: expect.any(Number),
    });
    await expect(NativeClient.open(gateway.wsUrl, {}, from('203.0.113.1'))).rejects.toThrow('429');
    await NativeClient.open(gateway.wsUrl, {}, from('203.0.113.2'));
    for (let i = 0; i < 5; i++) await NativeClient.open(gateway.wsUrl);
  });

  it('let a principal publish so many messages a minute', async () => {
    const gateway = await start({ publishes_per_minute: 10 });
    await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
    const send = (count: number): Promise<{ status: number; body: any }> =>
      publish(
        gateway.mcpUrl,
        messagesOf('x'),
        Array.from({ length: count }, () => ({ payload: 1 })),
      );
    expect((await send(8)).status).toBe(200);
    expect(await send(8)).toMatchObject({ status: 429, body: { error: 'rate_limit_exceeded' } });
    expect(await send(11)).toMatchObject({ status: 429, body: { retry_after: null } });
    expect((await send(2)).status).toBe(200);
  });

  it('hold for sessions; one that is owed nothing and has no connection makes room', async () => {
    const gateway = await start({ sessions: 2 });
    const idle = await NativeClient.join(gateway.wsUrl, { client_id: 'idle' });
    await NativeClient.join(gateway.wsUrl, { client_id: 'busy' });
    expect(await refusal(gateway, { client_id: 'more' })).toMatchObject({ error: 'too_many_sessions' });
    idle.leave();
    await idle.ended();
    await until(async () => (await metricOf(gateway.managementUrl, 'gateway_connections')) === 1, 'one to be gone');
    await NativeClient.join(gateway.wsUrl, { client_id: 'more' });
    expect((await publish(gateway.mcpUrl, messagesOf('idle'), { payload: 1 })).status).toBe(404);
    expect(await metricOf(gateway.managementUrl, 'gateway_sessions')).toBe(2);
  });
});
