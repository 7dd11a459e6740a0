import { EventClient, PhoenixClient } from '../support/channel-clients.js';
import { until } from '../support/until.js';
import { ChannelFault } from './channel-ground.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Beyond what is sent, of another epoch, of nothing that was ever sent, and what is no sequence at all. */
const wrongAcks = (epoch: string): [ack: object, error: string][] => [
  [{ sequence: 2 }, 'invalid_ack'],
  [{ sequence: Number.MAX_SAFE_INTEGER }, 'invalid_ack'],
  [{ sequence: 0, epoch: `${epoch}x` }, 'invalid_ack'],
  [{ msg_id: 'never sent' }, 'invalid_ack'],
  [{ sequence: -1 }, 'invalid_message'],
  [{ sequence: 0.5 }, 'invalid_message'],
  [{ sequence: '0' }, 'invalid_message'],
  [{}, 'invalid_message'],
  [{ sequence: 0, msg_id: 'both' }, 'invalid_message'],
];

const NATIVE_SHAPES: [frame: string, error: string][] = [
  ['{', 'parse_error'],
  ['', 'parse_error'],
  ['null', 'invalid_frame'],
  ['7', 'invalid_frame'],
  ['[1,2,3]', 'invalid_frame'],
  ['{}', 'invalid_message'],
  ['{"type":7}', 'invalid_message'],
  ['{"type":""}', 'invalid_message'],
  ['{"type":"chat","id":{}}', 'invalid_message'],
  ['{"type":"chat","id":"' + 'x'.repeat(129) + '"}', 'invalid_message'],
  ['{"type":"chat","priority":"urgent"}', 'invalid_message'],
  ['{"type":"subscribe"}', 'invalid_message'],
  ['{"type":"subscribe","data":{"topics":[{}]}}', 'invalid_message'],
  ['{"type":"hello","data":7}', 'invalid_message'],
  ['{"type":"hello","data":{"client_id":"other"}}', 'already_joined'],
];

const PHOENIX_SHAPES: [frame: string, error: string][] = [
  ['{', 'parse_error'],
  ['[]', 'invalid_frame'],
  ['["1","bad","mcp:gateway","message"]', 'invalid_frame'],
  ['["1","bad",7,"message",{}]', 'invalid_frame'],
  ['["1",{},"mcp:gateway","message",{}]', 'invalid_frame'],
  ['["1","bad","mcp:gateway","message",7]', 'invalid_message'],
  ['["1","bad","mcp:gateway","message",{"data":1}]', 'invalid_message'],
  ['["1","bad","mcp:gateway","phx_error",{}]', 'invalid_frame'],
  ['["1","bad","room:lobby","message",{"type":"chat"}]', 'unmatched_topic'],
  ['["1","bad","room:lobby","phx_join",{}]', 'unmatched_topic'],
  ['{"topic":"mcp:gateway"}', 'invalid_frame'],
];

/** What native and Phoenix clients say that makes no sense, or is not true. */
export const CHANNEL_FAULTS: readonly ChannelFault[] = [
  {
    fault: 'sends native frames of the wrong shape',
    client: 'an error for each, with the `id` where there is one',
    gateway: 'keeps the connection',
    run: async ground => {
      const client = await ground.native();
      for (const [frame] of NATIVE_SHAPES) client.send(frame);
      expect((await client.say({ type: 'ping' })).status).toBe('ok');
      expect(client.errors.map(({ error }) => error)).toEqual(NATIVE_SHAPES.map(([, error]) => error));
    },
  },
  {
    fault: 'sends Phoenix frames of the wrong shape',
    client: 'a reply with the error to each; `unmatched topic` for topics that are not served',
    gateway: 'keeps the channel',
    run: async ground => {
      const client = await ground.phoenix();
      for (const [frame] of PHOENIX_SHAPES) client.send(frame);
      client.send(Buffer.from([0, 200, 1, 1, 1]));
      client.send(Buffer.from([9]));
      expect((await client.push('ping')).status).toBe('ok');
      // What is written in one turn keeps its order; the first reply is that of the join.
      const replies = client.frames
        .map(frame => (Array.isArray(frame) ? frame[4] : frame.payload))
        .filter(({ status }) => status === 'error');
      const errors = [...PHOENIX_SHAPES.map(([, error]) => error), 'invalid_frame', 'invalid_frame'];
      expect(replies.map(({ response }) => response.error)).toEqual(errors);
      expect(replies.filter(({ response }) => response.reason === 'unmatched topic')).toHaveLength(2);
    },
  },
  {
    fault: 'posts to its event stream what is no frame',
    client: '400 `parse_error`, 400 `invalid_frame`, 413 for more than 100, or an error in its place in the answer',
    gateway: 'keeps the stream',
    run: async ground => {
      const client = await ground.stream();
      expect(await client.post('{"type":')).toMatchObject({ error: 'parse_error' });
      expect(await client.post('7')).toMatchObject({ error: 'invalid_frame' });
      expect(await client.post(range(0, 101))).toMatchObject({ error: 'message_too_large' });
      const large = { type: 'chat', data: 'x'.repeat(70_000) };
      expect(await client.post([7, { type: 'ping' }, large, {}])).toMatchObject([
        { error: 'invalid_frame' },
        { type: 'ack' },
        { error: 'message_too_large' },
        { error: 'invalid_message' },
      ]);
      client.leave();
      await until(async () => (await client.post('{}')).error === 'session_not_found', 'the end of the stream');
    },
  },
  {
    fault: 'asks for a version of Phoenix that does not exist',
    client: 'answers in the form in which it writes',
    gateway: 'goes by the frames, not by `vsn`',
    run: async ground => {
      const client = await ground.phoenix({}, { vsn: '9.9.9' });
      client.send({ topic: 'mcp:gateway', event: 'ping', ref: 7, payload: {} });
      await until(() => client.frames.some(({ ref }) => ref === 7), 'a reply of the first form');
      client.leave();
    },
  },
  {
    fault: 'joins a channel without a ref',
    client: 'the error `invalid_frame`',
    gateway: 'keeps the socket; the next join is let in',
    run: async ground => {
      const client = ground.keep(await PhoenixClient.open(ground.gateway.wsUrl));
      client.send(JSON.stringify([null, null, 'mcp:gateway', 'phx_join', { client_id: ground.id }]));
      await until(() => client.frames.length > 0, 'the error');
      expect(client.frames[0]).toMatchObject([null, null, 'mcp:gateway', 'phx_reply', { status: 'error' }]);
      expect((await client.push('phx_join', { client_id: ground.id })).status).toBe('ok');
    },
  },
  {
    fault: 'uses a ref or an id twice',
    client: 'two answers',
    gateway: 'keeps nothing by refs',
    run: async ground => {
      const phoenix = await ground.phoenix();
      for (let i = 0; i < 2; i++) phoenix.send(JSON.stringify(['1', 'same', 'mcp:gateway', 'ping', {}]));
      await until(() => phoenix.frames.filter(([, ref]) => ref === 'same').length === 2, 'two replies');
      const native = await ground.native();
      for (let i = 0; i < 2; i++) native.send({ id: 'same', type: 'chat' });
      await until(() => native.frames.filter(({ id }) => id === 'same').length === 2, 'two answers');
    },
  },
  {
    fault: 'joins again on a connection that has joined',
    client: '`already_joined`; Phoenix: `phx_close` of the old channel, then the new one',
    gateway: 'keeps the connection; it belongs to one session at a time',
    run: async ground => {
      const native = await ground.native();
      expect(await native.say({ type: 'hello', data: {} })).toMatchObject({ error: 'already_joined' });
      const phoenix = await ground.phoenix();
      expect((await phoenix.push('phx_join', { client_id: `${ground.id}-b` })).status).toBe('ok');
      expect(phoenix.pushes.map(({ event }) => event)).toEqual(['phx_close']);
      await ground.publish({ payload: 1 });
      await ground.publish({ payload: 2 }, `${ground.id}-b`);
      await phoenix.got(1);
      expect(phoenix.bodies).toEqual([2]);
      expect(native.bodies).toEqual([1]);
    },
  },
  {
    fault: 'speaks before it has joined',
    client: '`unmatched_topic`',
    gateway: 'takes the hello that comes after',
    run: async ground => {
      const client = await ground.socket();
      expect(await client.say({ type: 'chat', data: {} })).toMatchObject({ error: 'unmatched_topic' });
      client.send({ type: 'hello', data: { client_id: ground.id } });
      await client.joined();
    },
  },
  {
    fault: 'acknowledges what was never sent, or not to it',
    client: '`invalid_ack`, for what is no ack `invalid_message`',
    gateway: 'changes nothing: all that was not acknowledged comes again',
    run: async ground => {
      const client = await ground.native({ acks: true });
      const other = await ground.native({ client_id: `${ground.id}-other`, acks: true });
      await ground.publish([{ payload: 0 }, { payload: 1 }]);
      await ground.publish({ payload: 'own', id: 'of the other' }, `${ground.id}-other`);
      await Promise.all([client.got(2), other.got(1)]);
      const { epoch } = client.welcome;
      const acks: [object, string][] = [
        ...wrongAcks(epoch),
        [{ sequence: 0, epoch: other.welcome.epoch }, 'invalid_ack'],
        [{ msg_id: 'of the other' }, 'invalid_ack'],
      ];
      for (const [ack, error] of acks) expect(await client.say({ type: 'ack', ...ack })).toMatchObject({ error });
      client.cut();
      const again = await ground.native({ acks: true });
      await again.got(2);
      expect(again.sequences).toEqual([0, 1]);
    },
  },
  {
    fault: 'comes with a resume token that is stale, forged, or of another session',
    client: '`invalid_resume_token`, close 1008; Phoenix: an error to the join; event stream: 403',
    gateway: 'leaves the session to whoever has it',
    run: async ground => {
      const client = await ground.native();
      const other = await ground.native({ client_id: `${ground.id}-other` });
      const parts = (token: string): string[] => Buffer.from(token, 'base64').toString().split(':');
      const token = (...all: (string | undefined)[]): string => Buffer.from(all.join(':')).toString('base64');
      const [session, secret, expires] = parts(client.welcome.resume_token);
      const [others] = parts(other.welcome.resume_token);
      const forged = [
        'nonsense',
        token(session, 'A'.repeat(32), expires),
        token(others, secret, expires),
        token('no-session', secret, expires),
        token(session, secret),
        token('__proto__', secret, expires),
      ];
      for (const resume_token of forged) {
        const native = await ground.socket();
        native.send({ type: 'hello', data: { resume_token } });
        expect(await native.ended()).toEqual({ code: 1008, reason: 'refused' });
        expect(native.errors).toMatchObject([{ error: 'invalid_resume_token' }]);
        const phoenix = ground.keep(await PhoenixClient.open(ground.gateway.wsUrl));
        const reply = await phoenix.push('phx_join', { resume_token });
        expect(reply).toMatchObject({ status: 'error', response: { error: 'invalid_resume_token' } });
        phoenix.leave();
        const { response } = await EventClient.request(ground.gateway.sseUrl, { resume_token });
        expect([response.status, await response.json()]).toMatchObject([403, { error: 'invalid_resume_token' }]);
      }
      expect([client.isClosed, other.isClosed]).toEqual([false, false]);
      expect((await client.say({ type: 'ping' })).status).toBe('ok');
    },
  },
  {
    fault: 'comes with a `Last-Event-ID` that never was',
    client: 'a `gap` that says why, and what there is',
    gateway: 'lets it in',
    run: async ground => {
      const first = await ground.stream();
      const { epoch } = first.welcome;
      await ground.publish([{ payload: 0 }, { payload: 1 }]);
      await first.got(2);
      first.leave();
      await first.ended();
      const cases = [
        ['nonsense', 'epoch', 0],
        ['another:7', 'epoch', 0],
        [`${epoch}:99`, 'unknown_position', expect.any(Number)],
        [`${epoch}:-5`, 'epoch', 0],
        [`${epoch}:${'9'.repeat(16)}`, 'epoch', 0],
      ] as const;
      for (const [id, reason, next] of cases) {
        const again = await ground.stream({}, { 'last-event-id': id });
        await until(() => again.told('gap').length > 0, 'the gap');
        expect(again.told('gap')).toMatchObject([{ reason, epoch, next }]);
        await again.got(2 - again.welcome.next);
        again.leave();
        await again.ended();
      }
    },
  },
  {
    fault: 'resumes one session by two connections at once',
    client: 'one has the session; the other is told `replaced`, close 1000',
    gateway: 'gives what comes then to the one',
    run: async ground => {
      let { resume_token } = (await ground.native()).welcome;
      for (let i = 0; i < 10; i++) {
        const both = [await ground.socket(), await ground.socket()];
        for (const client of both) client.send({ type: 'hello', data: { resume_token } });
        await until(() => both.some(({ isClosed }) => isClosed), 'one to be replaced');
        const [loser, winner] = both[0]!.isClosed ? [both[0]!, both[1]!] : [both[1]!, both[0]!];
        expect(loser.closed).toEqual({ code: 1000, reason: 'replaced' });
        expect(loser.told('connection_status').at(-1)).toEqual({ status: 'replaced' });
        const { body } = await ground.publish({ payload: i });
        expect(body.counts).toEqual({ delivered: 1, queued: 0, refused: 0 });
        await until(() => winner.bodies.includes(i), 'the message');
        expect(loser.bodies).not.toContain(i);
        resume_token = winner.welcome.resume_token;
      }
    },
  },
  {
    fault: 'sends a frame over `websocket.max_channel_frame`',
    client: 'close 1009; its session goes on with its next connection',
    gateway: 'does not take it',
    run: async ground => {
      const large = { type: 'chat', data: 'x'.repeat(66_000) };
      const clients = [await ground.native(), await ground.socket(), await ground.phoenix()];
      for (const client of clients) client.send(large);
      for (const client of clients) expect((await client.ended()).code).toBe(1009);
      const first = await ground.socket({ client_id: ground.id });
      first.send({ ...large, data: 'x'.repeat(5_000_000) });
      expect((await first.ended()).code).toBe(1009);
      expect((await ground.native()).welcome.resumed).toBe(true);
    },
  },
  {
    fault: 'sends binary frames, native',
    client: 'the error `invalid_frame`',
    gateway: 'keeps the connection',
    run: async ground => {
      const client = await ground.socket();
      client.send(Buffer.from('{"type":"hello"}'));
      await until(() => client.errors.length > 0, 'the error');
      client.send({ type: 'hello', data: { client_id: ground.id } });
      await client.joined();
      client.send(Buffer.from([1, 2, 3]));
      await until(() => client.errors.length > 1, 'the error');
      expect(client.errors).toMatchObject([{ error: 'invalid_frame' }, { error: 'invalid_frame' }]);
      expect((await client.say({ type: 'ping' })).status).toBe('ok');
    },
  },
  {
    fault: 'nests JSON as deep as its frame is long',
    client: 'its answer',
    gateway: 'reads without recursion',
    run: async ground => {
      const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const client = await ground.native();
      client.send(`{"id":"deep","type":"chat","data":${nested(32_000)}}`);
      await until(() => client.frames.some(({ id }) => id === 'deep'), 'the answer');
      const phoenix = await ground.phoenix();
      phoenix.send(`["1","deep","mcp:gateway","chat",${nested(32_000)}]`);
      await until(() => phoenix.frames.some(([, ref]) => ref === 'deep'), 'the reply');
      const other = await ground.socket();
      other.send(nested(32_000));
      await until(() => other.errors.length > 0, 'the error');
      const { status } = await ground.publish(`{"payload":${nested(500_000)}}`);
      expect(status).toBe(200);
      await client.got(1);
    },
  },
  {
    fault: 'subscribes to more topics than a session may have',
    client: '`invalid_message`',
    gateway: 'keeps those it has',
    run: async ground => {
      const client = await ground.native({ topics: range(0, 60) });
      const topics = range(100, 105);
      const refused = await client.say({ type: 'subscribe', data: { topics } });
      expect(refused).toMatchObject({ error: 'invalid_message' });
      const { topics: kept } = await client.say({ type: 'subscribe', data: { topics: topics.slice(1) } });
      expect(kept).toHaveLength(64);
      const more = await ground.socket();
      more.send({ type: 'hello', data: { client_id: ground.id, topics: ['one more'] } });
      expect((await more.ended()).code).toBe(1008);
      expect(client.isClosed).toBe(false);
    },
  },
  {
    fault: 'publishes what is no JSON, no message, or too large',
    client: '400 `parse_error`, 400 `invalid_message`, 413 `message_too_large`',
    gateway: 'publishes nothing of it',
    run: async ground => {
      const client = await ground.native();
      const bodies: [body: string, status: number, error: string][] = [
        ['', 400, 'parse_error'],
        ['{"payload":1}}', 400, 'parse_error'],
        ['\u0000', 400, 'parse_error'],
        ['null', 400, 'invalid_message'],
        ['"text"', 400, 'invalid_message'],
        ['{}', 400, 'invalid_message'],
        ['{"payload":1,"Type":"chat"}', 400, 'invalid_message'],
        [`{"payload":"${'x'.repeat(4_200_000)}"}`, 413, 'message_too_large'],
      ];
      for (const [body, status, error] of bodies)
        expect(await ground.publish(body)).toMatchObject({ status, body: { error } });
      await ground.publish({ payload: 'the only one' });
      await client.got(1);
      expect(client.bodies).toEqual(['the only one']);
    },
  },
];
