import { Doors } from '../../../test/support/doors.js';
import { GatewayError } from '../../kernel/errors.js';
import { readPublishRequest, PublishRequest } from './publish-request.js';

const read = (text: string, client?: string): PublishRequest => readPublishRequest(text, JSON.parse(text), client);
const message = (members: object): string => JSON.stringify({ payload: 1, ...members });

describe('readSubmission', () => {
  it('keeps the payload as it came, on one line', () => {
    expect(read('{"payload" : {"n": 12345678901234567890,\n"x":[1.0]} }').draft.payload).toBe(
      '{"n": 12345678901234567890, "x":[1.0]}',
    );
    expect(read('{"data":null}').draft.payload).toBe('null');
    expect(read('{"payload":1,"payload":2}').draft.payload).toBe('2');
  });

  it('reads everything there is', () => {
    const about = { type: 't', event: 'e', priority: 'high', id: 'm1', ttl: 0 };
    const options = { timeout: 30_000, transport: 'http_sse' };
    const audience = { role: 'r', scope: 's', topic: 'news', include: ['a'], exclude: ['b'] };
    expect(read(message({ ...about, ...options, ...audience }))).toEqual({
      draft: { payload: '1', named: 'payload', topic: 'news', ...about },
      options,
      audience,
    });
    expect(read(message(about), 'c1').audience).toEqual({ include: ['c1'] });
  });

  it.each([
    ['7', 'object'],
    ['[]', 'object'],
    ['{}', '"payload" is missing'],
    ['{"payload":1,"data":1}', 'give one of them'],
    [message({ colour: 1 }), '"colour" is not known'],
    ['{"payload":1,"__proto__":1}', '"__proto__" is not known'],
    [message({ type: '' }), '"type"'],
    [message({ type: 7 }), '"type"'],
    [message({ event: 'a\nb' }), '"event"'],
    [message({ event: 'a\u2028b' }), '"event"'],
    [message({ event: 'x'.repeat(129) }), '"event"'],
    [message({ event: 'gap' }), 'reserved'],
    [message({ event: 'phx_reply' }), 'reserved'],
    [message({ priority: 'urgent' }), '"high", "normal", "low"'],
    [message({ id: '\u0000' }), '"id"'],
    [message({ ttl: -1 }), '"ttl"'],
    [message({ ttl: 1.5 }), '"ttl"'],
    [message({ ttl: '5' }), '"ttl"'],
    [message({ ttl: null }), '"ttl"'],
    [message({ timeout: 30_001 }), '"timeout"'],
    [message({ transport: 'telnet' }), '"transport"'],
    [message({ include: 'a' }), '"include"'],
    [message({ include: ['a b'] }), '"include"'],
    [message({ exclude: [1] }), '"exclude"'],
    [message({ role: {} }), '"role"'],
  ])('refuses %s', (text, why) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'invalid_message', message: expect.stringContaining(why) as string }),
    );
  });

  it('has no audience in a message for one client', () => {
    for (const member of ['role', 'scope', 'topic', 'include', 'exclude']) {
      expect(() => read(message({ [member]: 'x' }), 'c')).toThrow(`"${member}" is not known`);
    }
  });
});

describe('publishing', () => {
  let doors: Doors;
  beforeEach(async () => (doors = await Doors.open()));
  afterEach(() => doors.close());

  const post = async (path: string, body: string, token = 'good'): Promise<{ status: number; body: any }> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(doors.httpUrl + path, { method: 'POST', body, headers });
    return { status: response.status, body: await response.json() };
  };
  const one = '/mcp/clients/c1/messages';

  it('publishes to one client, whatever it is called', async () => {
    expect(await post('/mcp/clients/a%2Fb%20'.replace('%20', '%3F') + '/messages', message({ id: 'm' }))).toEqual({
      status: 200,
      body: { id: 'm', results: [], counts: { delivered: 1, queued: 0, refused: 0 } },
    });
    expect(doors.outbound.published[0]).toMatchObject({
      audience: { include: ['a/b?'] },
      options: { publisher: { id: 'good' } },
    });
    for (const bad of ['a%20b', '%zz', '%00', 'x'.repeat(129)]) {
      expect((await post(`/mcp/clients/${bad}/messages`, message({}))).status).toBe(400);
    }
    for (const path of ['/mcp/clients//messages', '/mcp/clients/a/b/messages', '/mcp/clients/messages']) {
      expect((await post(path, message({}))).status).toBe(404);
    }
    expect(doors.limits.published).toBe(1);
    expect(doors.limits.knocks).toBe(0);
  });

  it.each([
    [{ delivered: 2, queued: 0, refused: 0 }, 200],
    [{ delivered: 1, queued: 1, refused: 0 }, 202],
    [{ delivered: 1, queued: 0, refused: 1 }, 202],
    [{ delivered: 0, queued: 0, refused: 0 }, 200],
    [{ delivered: 0, queued: 0, refused: 1 }, 429],
  ])('says what became of it: %j is %i', async (counts, status) => {
    const results = [{ client_id: 'c1', session: 's', status: 'refused' as const, reason: 'outbox_full' as const }];
    doors.outbound.answer = () => ({ counts, results, repeated: true });
    const answer = await post(one, message({}));
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ counts, results, repeated: true });
    if (status === 429) expect(answer.body).toMatchObject({ error: 'outbox_full' });
    expect((await post(`${one}?results=false`, message({}))).body).not.toHaveProperty('results');
  });

  it('refuses with the body of the error', async () => {
    doors.outbound.answer = () => {
      throw new GatewayError('client_not_found');
    };
    expect(await post(one, message({}))).toMatchObject({ status: 404, body: { error: 'client_not_found' } });
    expect(await post(one, '{')).toMatchObject({ status: 400, body: { error: 'parse_error' } });
    expect(await post(one, '7')).toMatchObject({ status: 400, body: { error: 'invalid_message' } });
    expect(await post(one, message({}), 'bad')).toMatchObject({ status: 401, body: { error: 'unauthenticated' } });
    expect(await post(one, message({}), 'other')).toMatchObject({ status: 403, body: { error: 'forbidden' } });
    expect((await fetch(doors.httpUrl + one)).status).toBe(405);
    expect(doors.log.errors).toEqual([]);
  });

  it('hides what broke', async () => {
    doors.outbound.answer = () => {
      throw new Error('secret');
    };
    expect(await post(one, message({}))).toMatchObject({ status: 500, body: { error: 'internal_error' } });
    expect(doors.log.errors).toHaveLength(1);
  });

  it('takes a batch in order, each with an outcome of its own', async () => {
    doors.outbound.answer = ({ id }) => {
      if (id === 'gone') throw new GatewayError('client_not_found');
      return {};
    };
    const answer = await post('/mcp/broadcast', `[{"payload": [ 1 ]},{"x":1},{"payload":2,"id":"gone"},{"data":3}]`);
    expect(answer.status).toBe(202);
    expect(answer.body.map((each: any) => each.error ?? 'ok')).toEqual([
      'ok',
      'invalid_message',
      'client_not_found',
      'ok',
    ]);
    expect(doors.outbound.published.map(({ draft }) => draft.payload)).toEqual(['[ 1 ]', '2', '3']);
    expect(doors.limits.published).toBe(4);
    expect(await post(one, '[]')).toEqual({ status: 200, body: [] });
    expect((await post(one, '[7]')).status).toBe(400);
    expect((await post(one, `[${Array(1_001).fill('1').join(',')}]`)).status).toBe(400);
  });

  it('does not wait for one confirmation before it publishes the next', async () => {
    doors.outbound.answer = async () => {
      await new Promise(resolve => setTimeout(resolve, 100));
      return {};
    };
    const startedAt = Date.now();
    const messages = Array.from({ length: 50 }, (_, n) => ({ payload: n, timeout: 1_000 }));
    expect((await post(one, JSON.stringify(messages))).status).toBe(200);
    expect(Date.now() - startedAt).toBeLessThan(4_500);
    expect(doors.outbound.published.map(({ draft }) => draft.payload)).toEqual(
      messages.map(({ payload }) => `${payload}`),
    );
  });

  it('takes large payloads, up to the limit of a body', async () => {
    expect((await post(one, message({ payload: 'x'.repeat(1_048_576) }))).status).toBe(200);
    expect((await post(one, message({ payload: 'x'.repeat(4_194_304) }))).status).toBe(413);
  });
});
