import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { EventClient, messagesOf, NativeClient, publish } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

describe('what operators see of a client, and do to it', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      management: { admin_token: ADMIN_TOKEN },
      limits: { messages_per_client: 50, messages_refill: 10 },
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const send = (body: string) => publish(gateway.mcpUrl, messagesOf(id), { type: 'chat', payload: { body } });
  const trace = async (of = id): Promise<any[]> =>
    (await admin(gateway, 'GET', `/mcp/admin/clients/${encodeURIComponent(of)}/trace`)).body.events;
  const events = async (of = id): Promise<string[]> => (await trace(of)).map(({ event }) => event);

  /** By what an anonymous MCP client on loopback is known. */
  const nameOf = (session: RawSession): string => `session ${session.id!.slice(0, 8)}`;

  it('shows a drop, a replay and a switch of transports, in order', async () => {
    const first = await NativeClient.join(gateway.wsUrl, { client_id: id, acks: true });
    await send('one');
    await first.got(1);
    first.ack(0);
    first.cut();
    await until(async () => (await events()).includes('disconnected'), 'the drop');
    for (const body of ['two', 'three']) await send(body);
    const { epoch, resume_token } = first.welcome;
    const second = await NativeClient.join(gateway.wsUrl, { resume_token, epoch, last: 0, acks: true });
    await second.got(2);
    const { resume_token: next } = second.welcome;
    const third = await EventClient.open(gateway.sseUrl, { resume_token: next, epoch, last: 2 });
    await second.ended();
    const all = await trace();
    const story = all.map(({ event, transport, how, from, to, replayed }) => [
      event,
      ...[transport, how, from, to, replayed].filter(each => each !== undefined),
    ]);
    expect(story).toEqual([
      ['session_opened', 'websocket'],
      ['connected', 'websocket'],
      ['disconnected', 'websocket', 'broken'],
      // Both were waiting; they enter the window when there is somebody to write to.
      ['resumed', 'websocket', 0, 0],
      ['transport_switch', 'http_sse', 'websocket', 'http_sse'],
      ['resumed', 'http_sse', 2, 0],
      ['disconnected', 'websocket', 'replaced'],
    ]);
    const times = all.map(({ timestamp }) => Date.parse(timestamp));
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    third.leave();
  });

  it('notes how much is sent again, and what is not held any more', async () => {
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const known = nameOf(session);
    const stream = new AbortController();
    await session.get(undefined, stream.signal);
    await until(async () => (await events(known)).includes('connected'), 'the stream');
    stream.abort();
    await until(async () => (await events(known)).includes('disconnected'), 'its end');
    await session.delete();
    await until(async () => (await events(known)).at(-1) === 'session_closed', 'the end');
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id });
    for (const body of ['a', 'b', 'c']) await send(body);
    await client.got(3);
    client.cut();
    await until(async () => (await events()).includes('disconnected'), 'the drop');
    const { epoch } = client.welcome;
    const again = await NativeClient.join(gateway.wsUrl, { client_id: id, epoch, last: 0, acks: true });
    await again.got(2);
    const stranger = await NativeClient.join(gateway.wsUrl, { client_id: id, epoch: 'another', last: 7 });
    expect((await trace()).filter(({ event }) => event === 'resumed')[0]).toMatchObject({ from: 0, replayed: 2 });
    expect(await events()).toContain('gap');
    for (const each of [again, stranger]) each.leave();
  });

  it('notes each message while it is watched, by type and size, and nothing of what they say', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id });
    const path = `/mcp/admin/clients/${id}/watch`;
    await send('before');
    const { body } = await admin(gateway, 'POST', path, { why: 'it complains', for_ms: 60_000 });
    expect(body.watched).toMatchObject({ log_messages: true, trace_routing: true });
    await send('the-payload-canary');
    await client.got(2);
    await client.say({ type: 'chat', data: { secret: 'another-canary' } });
    expect((await admin(gateway, 'DELETE', path)).body.watched).toBeNull();
    await send('after');
    await client.got(3);
    const all = await trace();
    expect(all.filter(({ event }) => event === 'message_sent')).toEqual([
      expect.objectContaining({ type: 'chat', size: expect.any(Number), sequence: 1, transport: 'websocket' }),
    ]);
    expect(all.some(({ event, size }) => event === 'message_received' && size > 0)).toBe(true);
    expect(JSON.stringify(all)).not.toMatch(/canary/);
    client.leave();
  });

  it('traces where calls of an MCP client go, and how long they take', async () => {
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const of = nameOf(session);
    const path = `/mcp/admin/clients/${encodeURIComponent(of)}/watch`;
    await admin(gateway, 'POST', path, { why: 'a look', log_messages: false });
    await (await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } })).text();
    expect((await trace(of)).slice(-2)).toMatchObject([
      { event: 'routed', unit: 'echo', instance: expect.stringContaining('echo'), tries: 1 },
      { event: 'answered', unit: 'echo', ms: expect.any(Number), ok: 'true' },
    ]);
    await admin(gateway, 'POST', path, { why: 'messages too' });
    await (await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } })).text();
    expect((await events(of)).slice(-4)).toEqual(['message_received', 'routed', 'answered', 'message_sent']);
    await session.delete();
  });

  it('lists the errors that it was told, those of one kind in a row as one', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id });
    for (let i = 0; i < 3; i++) await client.say({ type: 'subscribe', topics: 7 });
    const path = `/mcp/admin/clients/${id}/errors`;
    const { errors } = (await admin(gateway, 'GET', path)).body;
    expect(errors).toEqual([
      {
        timestamp: expect.any(String),
        error: client.errors[0].error,
        transport: 'websocket',
        details: expect.objectContaining({ count: 3 }),
      },
    ]);
    expect((await admin(gateway, 'GET', `${path}?transport=http_sse`)).body.errors).toEqual([]);
    client.leave();
  });

  it('is disconnected, may come back, and ends for good where that is asked', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id });
    const path = `/mcp/admin/clients/${id}/disconnect`;
    const { body } = await admin(gateway, 'POST', path, { why: 'a try' });
    expect(body).toEqual({ client_id: id, connections: 1, sessions: 0 });
    expect(await client.ended()).toEqual({ code: 1012, reason: 'disconnected' });
    const again = await NativeClient.join(gateway.wsUrl, { client_id: id });
    expect(again.welcome.resumed).toBe(true);
    const ended = await admin(gateway, 'POST', path, { why: 'for good', end_sessions: true });
    expect(ended.body).toMatchObject({ connections: 1, sessions: 1 });
    const anew = await NativeClient.join(gateway.wsUrl, { client_id: id });
    expect(anew.welcome.resumed).toBe(false);
    anew.leave();
    const nobody = await admin(gateway, 'POST', '/mcp/admin/clients/nobody/disconnect', { why: 'x' });
    expect([nobody.status, nobody.body.error]).toEqual([404, 'client_not_found']);
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const of = nameOf(session);
    await admin(gateway, 'POST', `/mcp/admin/clients/${encodeURIComponent(of)}/disconnect`, { why: 'x' });
    expect((await session.request('ping')).status).toBe(404);
  });

  it('stands in the list, with what regulators do about it', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: id });
    const row = async (): Promise<any> =>
      (await admin(gateway, 'GET', '/mcp/admin/clients?most=1000')).body.clients.find(
        (one: any) => one.client_id === id,
      );
    const { key } = await row();
    await admin(gateway, 'POST', '/mcp/admin/levers', { lever: 'rate_limit', target: key, value: 5, why: 'loud' });
    await client.say({ type: 'chat' });
    expect(await row()).toMatchObject({
      connected: true,
      transport: 'websocket',
      messages_received: 1,
      levers: ['rate_limit'],
    });
    expect((await admin(gateway, 'GET', `/mcp/health/client/${id}`)).body).toMatchObject({
      ...{ client_id: id, connected: true, transport: 'websocket', messages_received: 1, messages_sent: 0 },
      ...{ connection_age: expect.any(Number), last_activity: expect.any(String) },
    });
    expect((await trace()).at(-1)).toMatchObject({ event: 'restrained', lever: 'rate_limit', value: '5' });
    client.leave();
  });
});
