import fc from 'fast-check';
import * as phoenix from 'phoenix';
import { Message } from '../../../kernel/ports/envelope.js';
import { GatewayError } from '../../../kernel/errors.js';
import { GATEWAY_TOPIC, PhoenixCodec } from './phoenix-codec.js';

interface Push {
  join_ref: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}
interface Serializer {
  encode(push: Push, done: (raw: string | ArrayBuffer) => void): void;
  decode(raw: string | ArrayBuffer, done: (push: Push) => void): void;
}
const { Serializer } = phoenix as unknown as { Serializer: Serializer };

function encode(push: Push): string | Uint8Array {
  let raw: string | ArrayBuffer = '';
  Serializer.encode(push, result => (raw = result));
  return typeof raw === 'string' ? raw : new Uint8Array(raw);
}

function decode(raw: string): Push {
  let push: Push | undefined;
  Serializer.decode(raw, result => (push = result));
  return push!;
}

const v2 = (
  event: string,
  payload: unknown,
  ref: unknown = '6',
  joinRef: unknown = '5',
  topic = GATEWAY_TOPIC,
): string => JSON.stringify([joinRef, ref, topic, event, payload]);
const v1 = (event: string, payload: unknown, ref: unknown = '6', more: object = {}): string =>
  JSON.stringify({ topic: GATEWAY_TOPIC, event, payload, ref, ...more });
const read = (frame: string | Uint8Array): ReturnType<PhoenixCodec['decode']> => new PhoenixCodec().decode(frame);
const code = (frame: string | Uint8Array): string => {
  const inbound = read(frame);
  return inbound.kind === 'invalid' ? inbound.error.code : inbound.kind;
};
const entry = (event?: string): { sequence: number; message: Message } => ({
  sequence: 3,
  message: new Message({ id: 'm', payload: '{"n":12345678901234567890}', event }, 0),
});
const REASON = new GatewayError('forbidden', 'Why.');
const BODY = { error: 'forbidden', reason: 'forbidden', message: 'Why.', retry_after: null };

describe('PhoenixCodec reads', () => {
  const pushes: [string, unknown, object][] = [
    ['phx_join', { client_id: 'c', topics: ['a'] }, { kind: 'join', joinRequest: { clientId: 'c', topics: ['a'] } }],
    ['phx_leave', {}, { kind: 'leave' }],
    ['message', { type: 'chat', data: [1] }, { kind: 'message', type: 'chat', data: '[1]', priority: 'normal' }],
    [
      'message',
      { type: 'chat', id: 'm', priority: 'low' },
      { kind: 'message', id: 'm', data: 'null', priority: 'low' },
    ],
    ['chat', { body: 'hi' }, { kind: 'message', type: 'chat', data: '{"body":"hi"}', priority: 'normal' }],
    ['chat', null, { kind: 'message', type: 'chat', data: 'null' }],
    ['ack', { sequence: 7 }, { kind: 'ack', sequence: 7 }],
    ['ack', { msg_id: 'm' }, { kind: 'ack', id: 'm' }],
    ['ping', {}, { kind: 'ping' }],
    ['subscribe', { topics: ['a'] }, { kind: 'subscribe', topics: ['a'] }],
    ['unsubscribe', { topics: ['a'] }, { kind: 'unsubscribe', topics: ['a'] }],
  ];

  it.each(pushes)('%s %j in both forms', (event, payload, expected) => {
    const ref = { joinRef: '5', ref: '6', topic: GATEWAY_TOPIC };
    expect(read(v2(event, payload))).toMatchObject({ ...expected, ref: { ...ref, form: 'v2' } });
    expect(read(v1(event, payload, 6))).toMatchObject({
      ...expected,
      ref: { ...ref, form: 'v1', joinRef: null, ref: 6 },
    });
  });

  it('heartbeats', () => {
    expect(read('[null,"9","phoenix","heartbeat",{}]').kind).toBe('heartbeat');
    expect(read('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"9"}').kind).toBe('heartbeat');
  });

  it.each([
    ['', 'parse_error'],
    ['null', 'invalid_frame'],
    ['[]', 'invalid_frame'],
    ['{}', 'invalid_frame'],
    ['["1","1","mcp:gateway","phx_join",{},1]', 'invalid_frame'],
    ['["1","1","mcp:gateway",7,{}]', 'invalid_frame'],
    [v2('phx_join', {}, null), 'invalid_frame'],
    [v1('phx_join', {}, null), 'invalid_frame'],
    [v2('phx_join', 7), 'invalid_message'],
    [v2('phx_join', { client_id: 7 }), 'client_id_required'],
    [v2('phx_reply', {}), 'invalid_frame'],
    [v2('ping', {}, {}), 'invalid_frame'],
    [v2('ping', {}, 'x'.repeat(129)), 'invalid_frame'],
    [v2('message', 7), 'invalid_message'],
    [v2('message', {}), 'invalid_message'],
    [v2('', {}), 'invalid_message'],
    [v2('a\n', {}), 'invalid_message'],
    [v2('x'.repeat(129), {}), 'invalid_message'],
    [v2('ack', {}), 'invalid_message'],
    [v2('phx_join', {}, '1', '1', 'room:lobby'), 'unmatched_topic'],
    [v2('other', {}, '1', '1', 'phoenix'), 'unmatched_topic'],
    [new Uint8Array(), 'invalid_frame'],
    [new Uint8Array([0]), 'invalid_frame'],
    [new Uint8Array([0, 0, 0, 0, 0]), 'unmatched_topic'],
    [new Uint8Array([0, 9, 0, 0, 0, 49]), 'invalid_frame'],
    [new Uint8Array([0, 1, 0, 0, 0, 255]), 'invalid_frame'],
    [new Uint8Array([1, 0, 0, 0, 0]), 'invalid_frame'],
  ])('%j as %s', (frame, expected) => expect(code(frame)).toBe(expected));

  it('data as it was written', () => {
    const data = '{"n":12345678901234567890,"f":1.0}';
    expect(read(`["1","2","mcp:gateway","chat", ${data} ]`)).toMatchObject({ data });
    expect(read(`["1","2","mcp:gateway","message",{"type":"chat","data":${data}}]`)).toMatchObject({ data });
    expect(read(`{"topic":"mcp:gateway","event":"chat","payload":${data},"ref":"1"}`)).toMatchObject({ data });
  });

  it('deep nesting', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(read(`["1","2","mcp:gateway","chat",${deep}]`)).toMatchObject({ data: deep });
    expect(code(deep)).toBe('invalid_frame');
  });

  it('what the client of Phoenix writes', () => {
    const ref = fc.nat().map(String);
    const event = fc.string({ minLength: 1, maxLength: 128 }).filter(name => !/\p{Cc}/u.test(name));
    fc.assert(
      fc.property(ref, ref, event, fc.jsonValue(), (join_ref, ref, name, value) => {
        const type = `e${name}`.slice(0, 128);
        const payload = value ?? {};
        const said = read(encode({ join_ref, ref, topic: GATEWAY_TOPIC, event: `${type}!`.slice(-128), payload }));
        expect(said).toMatchObject({ kind: 'message', type: `${type}!`.slice(-128), data: JSON.stringify(payload) });
        expect(said.ref).toEqual({ form: 'v2', joinRef: join_ref, ref, topic: GATEWAY_TOPIC });
      }),
    );
  });

  it('what the client of Phoenix writes in binary', () => {
    const event = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(name => !/\p{Cc}/u.test(name));
    fc.assert(
      fc.property(event, fc.uint8Array(), (name, bytes) => {
        fc.pre(Buffer.byteLength(name) <= 255);
        const payload = new Uint8Array(bytes).buffer;
        const said = read(encode({ join_ref: '1', ref: '2', topic: GATEWAY_TOPIC, event: name, payload }));
        const data = JSON.stringify({ base64: Buffer.from(bytes).toString('base64') });
        expect(said).toMatchObject({ kind: 'message', type: name, data, ref: { joinRef: '1', ref: '2', form: 'v2' } });
      }),
    );
  });
});

describe('PhoenixCodec writes', () => {
  it('replies in the form of what they answer', () => {
    const codec = new PhoenixCodec();
    const first = codec.decode(v1('ping', {}, 6)).ref;
    const second = codec.decode(v2('ping', {})).ref;
    expect(JSON.parse(codec.accept(first, { a: 1 }))).toEqual({
      topic: GATEWAY_TOPIC,
      event: 'phx_reply',
      ref: 6,
      payload: { status: 'ok', response: { a: 1 } },
    });
    expect(codec.accept(second, {})).toBe('["5","6","mcp:gateway","phx_reply",{"status":"ok","response":{}}]');
    expect(decode(codec.refuse(second, REASON)).payload).toEqual({ status: 'error', response: BODY });
  });

  it('replies to heartbeats on their topic', () => {
    const codec = new PhoenixCodec();
    const { ref } = codec.decode('[null,"9","phoenix","heartbeat",{}]');
    expect(codec.accept(ref, {})).toBe('[null,"9","phoenix","phx_reply",{"status":"ok","response":{}}]');
  });

  it('"unmatched topic" as Phoenix does', () => {
    const codec = new PhoenixCodec();
    const inbound = codec.decode(v2('phx_join', {}, '1', '1', 'room:lobby'));
    expect(inbound.kind).toBe('invalid');
    const reply = decode(codec.refuse(inbound.ref, (inbound as { error: GatewayError }).error));
    expect(reply).toMatchObject({ join_ref: null, ref: '1', topic: 'room:lobby', event: 'phx_reply' });
    expect(reply.payload).toMatchObject({ status: 'error', response: { reason: 'unmatched topic' } });
  });

  it('no reply to a push without a ref, but its refusal', () => {
    const codec = new PhoenixCodec();
    const { ref } = codec.decode(v2('chat', {}, null));
    expect([ref, codec.accept(ref, {})]).toEqual([undefined, '']);
    expect(decode(codec.refuse(ref, REASON)).payload).toEqual({ status: 'error', response: BODY });
  });

  it('pushes in the form that came last', () => {
    const codec = new PhoenixCodec();
    expect(codec.message(entry(), 'e')).toMatch(/^\[null,null,"mcp:gateway","message",{.*"n":12345678901234567890}}]$/);
    codec.decode(v1('ping', {}));
    expect(JSON.parse(codec.status('gap', '{"next":1}'))).toEqual({
      topic: GATEWAY_TOPIC,
      event: 'gap',
      ref: null,
      payload: { next: 1 },
    });
    expect(JSON.parse(codec.message(entry('news'), 'e'))).toMatchObject({ event: 'news', payload: { id: 'm' } });
    codec.decode('no frame');
    expect(codec.message(entry(), 'e')).toMatch(/^{/);
    codec.decode(v2('ping', {}));
    expect(codec.status('gap', '{}')).toBe('[null,null,"mcp:gateway","gap",{}]');
  });

  it('the join_ref of the join that was welcomed last', () => {
    const codec = new PhoenixCodec();
    expect(codec.farewell()).toBe('');
    const first = codec.decode(v2('phx_join', {}, '1', '1'));
    expect(codec.welcome(first.ref, { next: 0 })).toBe(
      '["1","1","mcp:gateway","phx_reply",{"status":"ok","response":{"next":0}}]',
    );
    const second = codec.decode(v2('phx_join', {}, '4', '4'));
    expect(decode(codec.message(entry(), 'e')).join_ref).toBe('1');
    expect(codec.farewell()).toBe('["1","1","mcp:gateway","phx_close",{}]');
    codec.welcome(second.ref, {});
    expect(decode(codec.message(entry(), 'e')).join_ref).toBe('4');
    expect(decode(codec.message(entry('news'), 'e'))).toMatchObject({ join_ref: '4', event: 'news' });
    expect(decode(codec.farewell()).join_ref).toBe('4');
    codec.decode(v1('ping', {}));
    expect(JSON.parse(codec.message(entry(), 'e'))).toMatchObject({ join_ref: '4', payload: { sequence: 3 } });
  });

  it('takes the leave of an earlier join as nothing more than a sign of life', () => {
    const codec = new PhoenixCodec();
    expect(codec.decode(v2('phx_leave', {}, '2', '1')).kind).toBe('leave');
    codec.welcome(codec.decode(v2('phx_join', {}, '1', '1')).ref, {});
    codec.decode(v2('phx_join', {}, '4', '4'));
    expect(codec.decode(v2('phx_leave', {}, '5', '1')).kind).toBe('heartbeat');
    expect(codec.decode(v2('phx_leave', {}, '6', '4')).kind).toBe('leave');
    expect(codec.decode(v1('phx_leave', {}, '7')).kind).toBe('leave');
  });

  it('what the client of Phoenix reads back', () => {
    const ref = fc.string({ maxLength: 128 });
    fc.assert(
      fc.property(ref, ref, fc.string({ minLength: 1 }), fc.jsonValue(), (join_ref, own, event, value) => {
        const codec = new PhoenixCodec();
        const { ref } = codec.decode(
          encode({ join_ref, ref: own, topic: GATEWAY_TOPIC, event: 'phx_join', payload: {} }),
        );
        const payload: unknown = JSON.parse(JSON.stringify(value));
        const to = { topic: GATEWAY_TOPIC, join_ref };
        const reply = { ...to, ref: own, event: 'phx_reply' };
        expect(decode(codec.welcome(ref, { payload }))).toEqual({
          ...reply,
          payload: { status: 'ok', response: { payload } },
        });
        expect(decode(codec.refuse(ref, REASON))).toEqual({ ...reply, payload: { status: 'error', response: BODY } });
        expect(decode(codec.status(event, JSON.stringify(payload)))).toEqual({ ...to, ref: null, event, payload });
        const message = new Message({ event, payload: JSON.stringify(payload) }, 0);
        expect(decode(codec.message({ sequence: 1, message }, 'e'))).toEqual({
          ...to,
          ref: null,
          event,
          payload: JSON.parse(message.envelope(1)) as unknown,
        });
      }),
    );
  });
});
