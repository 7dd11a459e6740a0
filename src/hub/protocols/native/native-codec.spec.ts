import fc from 'fast-check';
import { Message } from '../../../kernel/ports/envelope.js';
import { GatewayError } from '../../../kernel/errors.js';
import { NativeCodec } from './native-codec.js';

const codec = new NativeCodec();
const text = (frame: object): string => JSON.stringify(frame);
const code = (frame: string | Uint8Array): string => {
  const inbound = codec.decode(frame);
  return inbound.kind === 'invalid' ? inbound.error.code : inbound.kind;
};

describe('NativeCodec reads', () => {
  it.each([
    [
      { type: 'hello', data: { client_id: 'c' } },
      { kind: 'join', joinRequest: { clientId: 'c' } },
    ],
    [{ type: 'hello' }, { kind: 'join', joinRequest: {} }],
    [
      { type: 'chat', data: { a: 1 } },
      { kind: 'message', type: 'chat', data: '{"a":1}', priority: 'normal' },
    ],
    [
      { type: 'chat', priority: 'high', id: 'm' },
      { kind: 'message', id: 'm', data: 'null', priority: 'high' },
    ],
    [
      { type: 'chat', id: 7 },
      { kind: 'message', id: '7' },
    ],
    [
      { type: 'ack', sequence: 0 },
      { kind: 'ack', sequence: 0 },
    ],
    [
      { type: 'ack', sequence: 7, epoch: 'e' },
      { kind: 'ack', sequence: 7, epoch: 'e' },
    ],
    [
      { type: 'ack', msg_id: 'm' },
      { kind: 'ack', id: 'm' },
    ],
    [{ type: 'heartbeat' }, { kind: 'heartbeat' }],
    [{ type: 'ping', id: 'p' }, { kind: 'ping' }],
    [
      { type: 'subscribe', data: { topics: ['a'] } },
      { kind: 'subscribe', topics: ['a'] },
    ],
    [
      { type: 'unsubscribe', data: { topics: 'a,b' } },
      { kind: 'unsubscribe', topics: ['a', 'b'] },
    ],
  ])('%j', (frame, expected) => expect(codec.decode(text(frame))).toMatchObject(expected));

  it.each([
    ['', 'parse_error'],
    ['{"type":"chat"', 'parse_error'],
    ['[]', 'invalid_frame'],
    ['null', 'invalid_frame'],
    ['7', 'invalid_frame'],
    ['{}', 'invalid_message'],
    ['{"type":""}', 'invalid_message'],
    ['{"type":7}', 'invalid_message'],
    ['{"type":"a\\u0000"}', 'invalid_message'],
    [text({ type: 'x'.repeat(129) }), 'invalid_message'],
    [text({ type: 'x'.repeat(128) }), 'message'],
    [text({ type: 'chat', id: '' }), 'invalid_message'],
    [text({ type: 'chat', id: 'x'.repeat(129) }), 'invalid_message'],
    [text({ type: 'chat', id: {} }), 'invalid_message'],
    [text({ type: 'chat', priority: 'urgent' }), 'invalid_message'],
    [text({ type: 'ack' }), 'invalid_message'],
    [text({ type: 'ack', sequence: -1 }), 'invalid_message'],
    [text({ type: 'ack', sequence: '7' }), 'invalid_message'],
    [text({ type: 'ack', sequence: null }), 'invalid_message'],
    [text({ type: 'ack', sequence: 7, msg_id: 'm' }), 'invalid_message'],
    [text({ type: 'subscribe', data: {} }), 'invalid_message'],
    [text({ type: 'subscribe', data: ['a'] }), 'invalid_message'],
    [text({ type: 'hello', data: 7 }), 'invalid_message'],
    [text({ type: 'hello', data: { client_id: '' } }), 'client_id_required'],
    [new Uint8Array([123, 125]), 'invalid_frame'],
  ])('%j as %s', (frame, expected) => expect(code(frame)).toBe(expected));

  it('cuts data out as it was written, on one line', () => {
    const read = codec.decode('{"data":1,"type":"n", "\\u0064ata" : {"n":12345678901234567890,\n"f":1.0,"s":"\\n"} }');
    expect(read).toMatchObject({ data: '{"n":12345678901234567890, "f":1.0,"s":"\\n"}' });
  });

  it('lives through deep nesting', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(codec.decode(`{"type":"n","data":${deep}}`)).toMatchObject({ data: deep });
    expect(code(`{"type":"subscribe","data":{"topics":${deep}}}`)).toBe('invalid_message');
    expect(code(`{"type":${deep}}`)).toBe('invalid_message');
    expect(code(deep)).toBe('invalid_frame');
  });

  it('gives back any message', () => {
    const name = fc.string({ minLength: 1, maxLength: 128 });
    const type = name.filter(one => !/\p{Cc}/u.test(one)).map(one => (one + '!').slice(-128));
    const priority = fc.constantFrom('high', 'normal', 'low');
    fc.assert(
      fc.property(name, type, priority, fc.jsonValue(), (id, type, priority, data) => {
        const read = codec.decode(JSON.stringify({ id, type, data, priority }));
        expect(read).toMatchObject({ kind: 'message', id, type, data: JSON.stringify(data), priority });
      }),
    );
  });
});

describe('NativeCodec writes', () => {
  const ref = (frame: object): ReturnType<NativeCodec['decode']>['ref'] => codec.decode(text(frame)).ref;
  const error = new GatewayError('token_expired', 'Why.', 5);
  const body = { error: 'authentication_failed', reason: 'token_expired', message: 'Why.', retry_after: 5 };

  it('messages', () => {
    const message = new Message({ id: 'm1', type: 'chat', payload: '{"body":"hi"}' }, 1_763_712_000_000);
    expect(JSON.parse(codec.message({ sequence: 7, message }, 'e'))).toEqual({
      id: 'm1',
      sequence: 7,
      timestamp: 1_763_712_000_000_000,
      type: 'chat',
      priority: 'normal',
      payload: { body: 'hi' },
    });
  });

  it('frames of its own', () => {
    expect(codec.status('gap', '{"next":1}')).toBe('{"type":"gap","payload":{"next":1}}');
    expect(JSON.parse(codec.welcome(undefined, { next: 1 }))).toEqual({
      type: 'connection_status',
      payload: { status: 'connected', next: 1 },
    });
    expect(codec.farewell()).toBe('');
  });

  it.each([
    [{ type: 'chat', id: 'a"\ud800' }, 'a"\ud800'],
    [{ type: 'chat', id: 7 }, 7],
    [{ type: 'chat' }, null],
    [{ type: 7, id: 'b' }, 'b'],
    [{ type: 'chat', id: {} }, null],
  ])('answers to %j', (frame, id) => {
    expect(JSON.parse(codec.accept(ref(frame), { routed: 'u' }))).toEqual({
      type: 'ack',
      id,
      status: 'ok',
      routed: 'u',
    });
    expect(JSON.parse(codec.accept(ref(frame), {}))).toEqual({ type: 'ack', id, status: 'ok' });
    expect(JSON.parse(codec.refuse(ref(frame), error))).toEqual({ type: 'error', id, ...body });
  });

  it('no answer to an ack, but its refusal', () => {
    const [anonymous, named] = [ref({ type: 'ack', sequence: 1 }), ref({ type: 'ack', sequence: 1, id: 'x' })];
    expect(anonymous).toBeUndefined();
    expect([codec.accept(anonymous, {}), codec.accept(named, {})]).toEqual(['', '']);
    expect(JSON.parse(codec.refuse(anonymous, error))).toEqual({ type: 'error', id: null, ...body });
    expect(JSON.parse(codec.refuse(named, error))).toEqual({ type: 'error', id: 'x', ...body });
  });
});
