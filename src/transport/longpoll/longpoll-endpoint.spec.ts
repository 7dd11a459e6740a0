import { createRequire } from 'node:module';
import { WebSocket } from 'ws';
import { Doors, RecordedTalk, until } from '../../../test/support/doors.js';
import { framesOf } from './frames.js';

const { Socket, LongPoll } = createRequire(__filename)('phoenix') as typeof import('phoenix');

interface Answer {
  status: number;
  token: string;
  messages: string[];
}

describe('framesOf', () => {
  const type = 'application/x-ndjson';

  it('takes lines for frames, and those that are no JSON for bytes', () => {
    expect(framesOf('[1]\n{"a":1}\r\n\nAAEC', type, 100)).toEqual(['[1]', '{"a":1}', Buffer.from([0, 1, 2])]);
    expect(framesOf('[1,\n2]', 'application/json', 100)).toEqual(['[1,\n2]']);
    expect(framesOf('[1]\n[2]', 'text/plain', 100)).toEqual(['[1]', '[2]']);
    expect(framesOf('', type, 100)).toEqual([]);
  });

  it('refuses what is neither, too large or too many', () => {
    expect(() => framesOf('[1]\n?', type, 100)).toThrow(expect.objectContaining({ code: 'invalid_frame' }));
    expect(() => framesOf('[11]', type, 3)).toThrow(expect.objectContaining({ code: 'message_too_large' }));
    expect(() => framesOf('[]\n'.repeat(1_001), type, 3)).toThrow(
      expect.objectContaining({ code: 'message_too_large' }),
    );
  });
});

describe('the long poll', () => {
  let doors: Doors;
  afterEach(async () => {
    await doors.close();
    expect(doors.log.errors).toEqual([]);
    expect(doors.counters.connections.get('http_sse')).toBe(0);
  });

  const get = async (query = ''): Promise<Answer> => {
    const response = await fetch(`${doors.pollUrl}?vsn=2.0.0${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  };
  const post = async (token: string, body: string, type = 'application/x-ndjson'): Promise<Answer> => {
    const options = { method: 'POST', body, headers: { 'content-type': type } };
    return (await (await fetch(`${doors.pollUrl}?token=${token}`, options)).json()) as Answer;
  };
  const begin = async (query = ''): Promise<{ token: string; receiver: RecordedTalk }> => {
    const { status, token, messages } = await get(query);
    expect([status, messages]).toEqual([410, []]);
    return { token, receiver: doors.pushConnections.receivers.at(-1)! };
  };

  it('opens with a token of its own and knows it from credentials', async () => {
    doors = await Doors.open();
    const { token, receiver } = await begin('&token=good&client_id=c');
    expect(receiver.pushRequest).toMatchObject({
      protocol: 'phoenix',
      token: 'good',
      params: { client_id: 'c', token: 'good' },
    });
    receiver.pushConnection.write('x');
    expect(await get(`&token=good&client_id=c&token=${token}`)).toEqual({ status: 200, token, messages: ['x'] });
    const again = await begin(`&token=lp.unknown`);
    expect(again.receiver.pushRequest.token).toBeUndefined();
    expect(again.receiver.pushRequest.params).toEqual({ vsn: '2.0.0' });
    expect(await post('lp.unknown', '[]')).toEqual({ status: 410 });
    expect(doors.limits.knocks).toBe(2);
  });

  it('gives what is there at once, what comes when it comes, and nothing after a while', async () => {
    doors = await Doors.open({ pollTimeout: 200 });
    const { token, receiver } = await begin();
    receiver.joined = true;
    receiver.pushConnection.write('1');
    receiver.pushConnection.write('2');
    expect((await get(`&token=${token}`)).messages).toEqual(['1', '2']);
    const waiting = get(`&token=${token}`);
    await new Promise(resolve => setTimeout(resolve, 50));
    receiver.pushConnection.write('3');
    receiver.pushConnection.write('4');
    expect(await waiting).toEqual({ status: 200, token, messages: ['3', '4'] });
    expect(await get(`&token=${token}`)).toEqual({ status: 204, token, messages: [] });
  });

  it('lets an older poll go for a newer', async () => {
    doors = await Doors.open();
    const { token, receiver } = await begin();
    const older = get(`&token=${token}`);
    await new Promise(resolve => setTimeout(resolve, 50));
    const newer = get(`&token=${token}`);
    expect((await older).status).toBe(204);
    receiver.pushConnection.write('1');
    expect((await newer).messages).toEqual(['1']);
  });

  it('keeps what is written while nobody polls, says how much that is, and when it is taken', async () => {
    doors = await Doors.open();
    const { token, receiver } = await begin();
    let drained = 0;
    receiver.pushConnection.onDrain = () => drained++;
    for (let i = 0; i < 20; i++) receiver.pushConnection.write(`${i}`.padEnd(100_000, 'x'));
    expect([receiver.pushConnection.buffered, doors.budget.used, drained]).toEqual([2_000_000, 2_000_000, 0]);
    expect(await post(token, '[]')).toMatchObject({ status: 500, error: 'overloaded' });
    const { messages } = await get(`&token=${token}`);
    expect(messages.map(message => Number.parseInt(message, 10))).toEqual([...Array(20).keys()]);
    expect([receiver.pushConnection.buffered, doors.budget.used, drained]).toEqual([0, 0, 1]);
  });

  it('takes frames in order', async () => {
    doors = await Doors.open();
    const { token, receiver } = await begin();
    expect(await post(token, '["1"]\n["2"]\nAAEC')).toEqual({ status: 200 });
    expect(await post(token, '["3"]', 'application/json')).toEqual({ status: 200 });
    expect(receiver.frames).toEqual(['["1"]', '["2"]', new Uint8Array([0, 1, 2]), '["3"]']);
    expect((await post(token, '?')).status).toBe(400);
    expect((await post(token, `["${'x'.repeat(65_536)}"]`)).status).toBe(413);
  });

  it.each([
    ['refused', 403],
    ['draining', 410],
  ] as const)('after %s gives what was written, then %i', async (reason, status) => {
    doors = await Doors.open();
    const { token, receiver } = await begin();
    const waiting = get(`&token=${token}`);
    await new Promise(resolve => setTimeout(resolve, 50));
    receiver.pushConnection.write('last');
    receiver.pushConnection.close(reason);
    expect((await waiting).messages).toEqual(['last']);
    expect((await get(`&token=${token}`)).status).toBe(status);
    expect(receiver.left).toBe(true);
  });

  it('drops who does not join, and refuses those beyond its bound', async () => {
    doors = await Doors.open({ handshakeTimeout: 100, pollTimeout: 200, maxConnections: 1 });
    const { token, receiver } = await begin();
    expect(await get()).toMatchObject({ status: 500, error: 'too_many_connections' });
    expect((await get(`&token=${token}`)).status).toBe(403);
    await until(() => receiver.left);
    expect(doors.longpoll.size).toBe(0);
    await begin();
  });

  it('refuses other origins and methods', async () => {
    doors = await Doors.open();
    const origin = { headers: { origin: 'http://evil.example' } };
    expect(await (await fetch(doors.pollUrl, origin)).json()).toMatchObject({ status: 403, error: 'forbidden_origin' });
    const preflight = await fetch(doors.pollUrl, { method: 'OPTIONS', headers: { origin: 'http://localhost:3' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'http://localhost:3',
    ]);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('X-Phoenix-AuthToken');
    expect((await (await fetch(doors.pollUrl, { method: 'DELETE' })).json()) as Answer).toMatchObject({ status: 500 });
  });

  it('serves the official client, over long poll and over WebSocket', async () => {
    doors = await Doors.open();
    doors.pushConnections.onReceive = (receiver, data, reply) => {
      if (typeof data !== 'string')
        return reply(JSON.stringify([null, null, 'mcp:gateway', 'bytes', { n: data.length }]));
      const [joinRef, ref, topic, event, payload] = JSON.parse(data) as unknown[];
      if (event === 'phx_join') receiver.joined = true;
      reply(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: { event, payload } }]));
    };
    for (const transport of [LongPoll, WebSocket as unknown as typeof LongPoll]) {
      const socket = new Socket(doors.socketUrl, {
        transport,
        params: { client_id: 'c' },
        authToken: 'good',
      });
      socket.connect();
      const channel = socket.channel('mcp:gateway', { a: 1 });
      const bytes = new Promise(resolve => channel.on('bytes', resolve));
      const joined = await new Promise(resolve => channel.join().receive('ok', resolve));
      expect(joined).toEqual({ event: 'phx_join', payload: { a: 1 } });
      const said = await Promise.all(
        [...Array(250).keys()].map(
          n => new Promise<any>(resolve => channel.push('message', { n }).receive('ok', resolve)),
        ),
      );
      expect(said.map(({ payload }) => payload.n)).toEqual([...Array(250).keys()]);
      channel.push('data', new Uint8Array([1, 2, 3]).buffer);
      expect(await bytes).toEqual({ n: expect.any(Number) as number });
      const { pushRequest } = doors.pushConnections.receivers.at(-1)!;
      expect(pushRequest).toMatchObject({ protocol: 'phoenix', token: 'good', params: { client_id: 'c' } });
      await new Promise<void>(resolve => socket.disconnect(resolve));
    }
  });
});
