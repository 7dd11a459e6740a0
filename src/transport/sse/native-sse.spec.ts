import { get, IncomingMessage } from 'node:http';
import { Doors, until } from '../../../test/support/doors.js';
import { GatewayError } from '../../kernel/errors.js';

const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('the native event stream', () => {
  let doors: Doors;
  let streams: AbortController;

  beforeEach(() => (streams = new AbortController()));
  afterEach(async () => {
    streams.abort();
    await doors.close();
    expect(doors.log.errors).toEqual([]);
  });

  const open = (query: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${doors.httpUrl}/mcp/sse?${query}`, { headers, signal: streams.signal });

  /** What has come so far, kept up to date. */
  function reading(response: Response): { text: string; ended: boolean } {
    const state = { text: '', ended: false };
    void (async () => {
      for await (const chunk of response.body!) state.text += Buffer.from(chunk as Uint8Array).toString();
      state.ended = true;
    })().catch(() => undefined);
    return state;
  }

  it('joins before it answers, tells the inside what came, and begins with a retry', async () => {
    doors = await Doors.open();
    const response = await open('client_id=c&debug=true&token=good', { 'last-event-id': 'e:7' });
    const stream = reading(response);
    await until(() => stream.text.includes('connected'));
    expect(stream.text).toBe('retry: 500\n\nevent: connected\ndata: {}\n\n');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(doors.pushConnections.receivers[0]!.pushRequest).toMatchObject({
      protocol: 'event_stream',
      address: '127.0.0.1',
      params: { client_id: 'c', debug: 'true' },
      token: 'good',
      lastEventId: 'e:7',
      endpoint: expect.stringMatching(/^\/mcp\/messages\?connection=[\w-]{43}&token=good&client_id=c$/) as string,
    });
    streams.abort();
    await until(() => doors.pushConnections.receivers[0]!.left);
    expect(doors.counters.connections.get('http_sse')).toBe(0);
  });

  it('takes the position from the query too, and a resume token instead of a client id', async () => {
    doors = await Doors.open();
    await open('resume_token=r&last_event_id=e:1');
    await open('client_id=r&lastEventId=e:2');
    expect(doors.pushConnections.receivers.map(({ pushRequest }) => pushRequest.lastEventId)).toEqual(['e:1', 'e:2']);
  });

  it('refuses by HTTP status with a plain body', async () => {
    doors = await Doors.open();
    expect((await open('client_id=c&token=bad')).status).toBe(401);
    doors.pushConnections.onJoin = () => {
      throw new GatewayError('too_many_connections', undefined, 4_001);
    };
    const refused = await open('client_id=c');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ error: 'too_many_connections', retry_after: 4_001 });
    doors.limits.refusal = new GatewayError('rate_limit_exceeded', undefined, 1);
    expect((await open('client_id=c')).status).toBe(429);
  });

  it('leaves MCP its own stream', async () => {
    doors = await Doors.open();
    const stream = reading(await open('unit=echo'));
    await until(() => stream.text.startsWith('event: endpoint\ndata: /mcp/messages?sessionId=s1\n\n'));
    const refused = await open('token=bad');
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', error: { data: { error: 'unauthenticated' } } });
  });

  it('beats, and ends with how long to stay away', async () => {
    doors = await Doors.open({ heartbeatInterval: 50 });
    const [gone, back] = [reading(await open('client_id=a')), reading(await open('client_id=b'))];
    await until(() => /event: heartbeat\ndata: \{"timestamp":\d{16}\}\n\n/.test(gone.text));
    const [first, second] = doors.pushConnections.receivers.map(({ pushConnection }) => pushConnection);
    first!.write('data: 1\n\n');
    first!.close('replaced');
    first!.write('data: 2\n\n');
    second!.close('draining');
    await until(() => gone.ended && back.ended);
    expect(gone.text).toMatch(/data: 1\n\nretry: 3600000\n\n$/);
    expect(back.text).toMatch(/retry: 1000\n\n$/);
    await until(() => doors.pushConnections.receivers.every(receiver => receiver.left));
  });

  it('lets go of a client that left while it joined', async () => {
    doors = await Doors.open();
    let go = (): void => undefined;
    doors.pushConnections.onJoin = () => new Promise(resolve => (go = resolve));
    open('client_id=c').catch(() => undefined);
    const receiver = await until(() => doors.pushConnections.receivers[0]);
    streams.abort();
    await until(() => !receiver.pushConnection.attached);
    go();
    await until(() => receiver.left);
  });

  it('says when it has drained', async () => {
    doors = await Doors.open();
    const response = await new Promise<IncomingMessage>(resolve =>
      get(`${doors.httpUrl}/mcp/sse?client_id=c`, resolve),
    );
    const { pushConnection } = doors.pushConnections.receivers[0]!;
    let drained = 0;
    pushConnection.onDrain = () => drained++;
    for (let i = 0; i < 400; i++) pushConnection.write(`data: ${'x'.repeat(50_000)}\n\n`);
    expect(pushConnection.buffered).toBeGreaterThan(1_000_000);
    expect(doors.budget.used).toBe(pushConnection.buffered);
    response.resume();
    await until(() => drained > 0);
    expect(doors.budget.used).toBe(pushConnection.buffered);
    response.destroy();
    await until(() => doors.budget.used === 0);
  });

  describe('its way back', () => {
    let endpoint: string;
    const opened = async (query = 'client_id=c'): Promise<void> => {
      doors = await Doors.open({ maxChannelFrame: 100 });
      doors.pushConnections.onReceive = (_, data, reply) => {
        if (!String(data).includes('silent')) reply(`{"was":${String(data)}}`);
      };
      await open(query);
      endpoint = doors.httpUrl + doors.pushConnections.receivers[0]!.pushRequest.endpoint!;
    };

    it('answers each frame in order, passing on its own text', async () => {
      await opened();
      expect(await (await post(endpoint, ' {"type":"a",  "n":1e2}')).text()).toBe('[{"was":{"type":"a",  "n":1e2}}]');
      const many = await post(endpoint, '[ {"n": 1},"silent",\n {"n":2} , 7]');
      expect([many.status, many.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(await many.text()).toBe('[{"was":{"n": 1}},{"was":{"n":2}},{"was":7}]');
      expect(await (await post(endpoint, '[]')).text()).toBe('[]');
    });

    it('refuses what is no frame, too much, or too large', async () => {
      await opened();
      const status = async (body: string): Promise<unknown> => {
        const response = await post(endpoint, body);
        return [response.status, ((await response.json()) as { error: string }).error];
      };
      expect(await status('{')).toEqual([400, 'parse_error']);
      expect(await status('7')).toEqual([400, 'invalid_frame']);
      expect(await status(`[${Array(101).fill('1').join(',')}]`)).toEqual([413, 'message_too_large']);
      const large = await post(endpoint, `["${'x'.repeat(100)}", 1]`);
      expect(await large.json()).toEqual([
        expect.objectContaining({ type: 'error', error: 'message_too_large' }),
        { was: 1 },
      ]);
      expect((await post(endpoint, '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    });

    it('is there for the principal that opened the stream, as long as it lasts', async () => {
      await opened('client_id=c&token=good');
      expect((await post(endpoint, '{}')).status).toBe(200);
      const other = await post(endpoint.replace('token=good', 'token=other'), '{}');
      expect([other.status, ((await other.json()) as { error: string }).error]).toEqual([404, 'session_not_found']);
      expect((await post(`${doors.httpUrl}/mcp/messages?connection=guess&token=good`, '{}')).status).toBe(404);
      streams.abort();
      await until(() => doors.pushConnections.receivers[0]!.left);
      expect((await post(endpoint, '{}')).status).toBe(404);
      expect(doors.limits.knocks).toBe(1);
    });
  });
});
