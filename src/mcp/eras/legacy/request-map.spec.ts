import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';
import { Flight, RequestMap, Sequence } from './request-map.js';

const request = (id: unknown, params: object = {}): JsonRpcMessage =>
  JsonRpcMessage.of({ id, method: 'tools/call', params });
const response = (id: unknown): JsonRpcMessage => JsonRpcMessage.of({ id, result: {} });
const progress = (progressToken: unknown): JsonRpcMessage =>
  JsonRpcMessage.of({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
const cancelled = (requestId: unknown): JsonRpcMessage =>
  JsonRpcMessage.of({ method: 'notifications/cancelled', params: { requestId } });

describe('RequestMap', () => {
  let pending: RequestMap<string>;
  beforeEach(() => {
    pending = new RequestMap();
  });

  it('numbers requests and gives answers back under the id of their sender, whatever their order', () => {
    expect([request('a'), request(1)].map(frame => pending.open(frame, 'ctx').id)).toEqual(['1', '2']);
    expect(pending.settle(response(2))!.frame.id).toBe('1');
    expect(pending.settle(response(1))!.frame.id).toBe('"a"');
    expect(pending.size).toBe(0);
  });

  it('knows no answer twice, and none that nobody asked for', () => {
    pending.open(request('a'), 'ctx');
    expect(pending.settle(response(1))).toBeDefined();
    expect(pending.settle(response(1))).toBeUndefined();
    expect(pending.settle(response(99))).toBeUndefined();
    expect(pending.settle(response('1'))).toBeUndefined();
  });

  it('refuses an id that is in flight and takes it again afterwards; 1 and "1" are two ids', () => {
    pending.open(request(1), 'ctx');
    expect(() => pending.open(request(1), 'ctx')).toThrow(expect.objectContaining({ code: 'duplicate_id' }));
    pending.open(request('1'), 'ctx');
    pending.settle(response(1));
    expect(pending.open(request(1), 'ctx').id).toBe('3');
  });

  it('carries progress under the token of the sender, and only to a sender that gave one', () => {
    const outgoing = pending.open(request('a', { _meta: { progressToken: 'mine' } }), 'ctx');
    expect(outgoing.text).toContain('"progressToken":1');
    expect(pending.progress(progress(1))!.frame.text).toContain('"progressToken":"mine"');
    pending.open(request('b'), 'ctx');
    expect(pending.progress(progress(2))).toBeUndefined();
    expect(pending.progress(progress('mine'))).toBeUndefined();
  });

  it('ends progress with the answer, but for tasks, which report beyond it', () => {
    pending.open(request('a', { _meta: { progressToken: 't1' } }), 'ctx');
    pending.open(request('b', { _meta: { progressToken: 't2' }, task: {} }), 'ctx');
    pending.settle(response(1));
    pending.settle(response(2));
    expect(pending.progress(progress(1))).toBeUndefined();
    expect(pending.progress(progress(2))!.frame.text).toContain('"t2"');
  });

  it('holds a bounded number of tokens of tasks', () => {
    for (let i = 1; i <= 300; i++) {
      pending.open(request(i, { _meta: { progressToken: i }, task: {} }), 'ctx');
      pending.settle(response(i));
    }
    expect(pending.progress(progress(1))).toBeUndefined();
    expect(pending.progress(progress(300))).toBeDefined();
  });

  it('cancels under the number the other side knows, once', () => {
    pending.open(request('a'), 'ctx');
    expect(pending.cancel(cancelled('a'))!.frame.text).toContain('"requestId":1');
    expect(pending.cancel(cancelled('a'))).toBeUndefined();
    expect(pending.settle(response(1))).toBeUndefined();
  });

  it('empties into what was in flight', () => {
    pending.open(request('a'), 'x');
    pending.open(request('b'), 'y');
    expect(pending.clear().map(({ id, context }) => [id, context])).toEqual([
      ['"a"', 'x'],
      ['"b"', 'y'],
    ]);
    expect(pending.size).toBe(0);
  });

  it('knows what is in flight, oldest first, and by the number it went out under', () => {
    expect(pending.newest).toBeUndefined();
    for (const id of ['a', 'b', 'c']) pending.open(request(id), `of ${id}`);
    pending.take('2');
    expect([...pending.values()].map(({ number, context }) => [number, context])).toEqual([
      [1, 'of a'],
      [3, 'of c'],
    ]);
    expect([pending.newest!.number, pending.get('1')!.id, pending.get('2')]).toEqual([3, '"a"', undefined]);
  });

  it('keeps ids that are no numbers of JavaScript, and those that objects have', () => {
    const ids = ['9007199254740993', '-0', '12345678901234567890', '"__proto__"', '"constructor"', '"\\u0000"'];
    for (const id of ids) pending.open(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":${id},"method":"m"}`), id);
    expect(ids.map((_, i) => pending.settle(response(i + 1))!.frame.id)).toEqual(ids);
  });

  it('takes no number for another that JavaScript has for the same', () => {
    for (const id of ['9007199254740992', '9007199254740993']) {
      pending.open(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":${id},"method":"m"}`), id);
    }
    const cancelling = JsonRpcMessage.parse(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9007199254740993}}',
    );
    expect(pending.cancel(cancelling)!.entry.context).toBe('9007199254740993');
    expect(pending.get('1')!.context).toBe('9007199254740992');
  });

  it.each([undefined, null, {}, [], ['a'], true])('cancels nothing that is named %j', requestId => {
    pending.open(request('a'), 'ctx');
    expect(pending.cancel(cancelled(requestId))).toBeUndefined();
    expect(pending.size).toBe(1);
  });

  describe('of several senders', () => {
    const [ONE, OTHER] = ['session-one', 'session-two'];

    it('takes the same id of each, and gives each answer to whom it belongs', () => {
      pending.open(request('a'), 'one', ONE);
      pending.open(request('a'), 'other', OTHER);
      expect(() => pending.open(request('a'), 'one', ONE)).toThrow(expect.objectContaining({ code: 'duplicate_id' }));
      expect(pending.settle(response(2))!.entry).toMatchObject({ scope: OTHER, context: 'other', id: '"a"' });
      expect([pending.has('"a"', ONE), pending.has('"a"', OTHER), pending.has('"a"')]).toEqual([true, false, false]);
      pending.open(request('a'), 'other', OTHER);
      expect(pending.size).toBe(2);
    });

    it('lets nobody cancel the request of another', () => {
      pending.open(request('a'), 'one', ONE);
      expect(pending.cancel(cancelled('a'), OTHER)).toBeUndefined();
      expect(pending.cancel(cancelled('a'))).toBeUndefined();
      expect(pending.cancel(cancelled(1), ONE)).toBeUndefined();
      expect(pending.cancel(cancelled('a'), ONE)!.frame.text).toContain('"requestId":1');
    });

    it('gives progress to the one who has the token, though another has the same', () => {
      pending.open(request('a', { _meta: { progressToken: 't' } }), 'one', ONE);
      pending.open(request('a', { _meta: { progressToken: 't' } }), 'other', OTHER);
      expect(pending.progress(progress(2))).toMatchObject({ number: '2', scope: OTHER });
      pending.cancel(cancelled('a'), OTHER);
      expect(pending.progress(progress(2))).toBeUndefined();
      expect(pending.progress(progress(1))).toMatchObject({ number: '1', scope: ONE });
    });

    it('makes no new request of an id in flight, by whatever way it ends', () => {
      const ends: ((number: string) => unknown)[] = [
        number => pending.settle(response(Number(number))),
        number => pending.take(number),
        () => pending.cancel(cancelled('a'), ONE),
        () => pending.clear(),
      ];
      for (const [i, end] of ends.entries()) {
        pending.open(request('a'), 'ctx', ONE);
        end(String(i + 1));
        expect([pending.has('"a"', ONE), pending.size]).toEqual([false, 0]);
      }
    });
  });

  it('numbers requests apart from those of tables that it shares a sequence with', () => {
    const sequence = new Sequence();
    const [one, other] = [new RequestMap<string>(sequence), new RequestMap<string>(sequence)];
    const ids = [one, other, other, one].map(table => table.open(request(`${sequence.next()}`), 'ctx').id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) {
      const settled = [one, other].filter(table => table.settle(response(Number(id))));
      expect(settled).toHaveLength(1);
    }
    expect(other.take(ids[0]!)).toBeUndefined();
  });

  it('counts what is in flight together with other tables, once each, whatever its end', () => {
    let count = 0;
    const flight: Flight = { began: () => count++, ended: () => count-- };
    const [one, other] = [new RequestMap<string>(), new RequestMap<string>()];
    const counts = (step: () => unknown): number => (step(), count);
    const open = (table: RequestMap<string>, id: string): unknown => table.open(request(id), 'ctx', '', flight);
    expect([
      counts(() => ['a', 'b', 'c', 'd', 'e'].map(id => open(one, id))),
      counts(() => open(other, 'a')),
      counts(() => expect(() => open(one, 'a')).toThrow()),
      counts(() => one.settle(response(1))),
      counts(() => one.settle(response(1))),
      counts(() => one.cancel(cancelled('b'))),
      counts(() => one.cancel(cancelled('b'))),
      counts(() => one.take('3')),
      counts(() => one.take('3')),
      counts(() => one.take('99')),
      counts(() => one.clear()),
      counts(() => one.clear()),
      counts(() => one.settle(response(4))),
      counts(() => other.clear()),
    ]).toEqual([5, 6, 6, 5, 5, 4, 4, 3, 3, 3, 1, 1, 1, 0]);
  });

  it('forgets tokens of tasks when it is emptied', () => {
    pending.open(request('a', { _meta: { progressToken: 't' }, task: {} }), 'ctx');
    pending.settle(response(1));
    pending.clear();
    expect(pending.progress(progress(1))).toBeUndefined();
  });

  it('empties and refills 10,000 requests of one id each', () => {
    for (let i = 0; i < 10_000; i++) pending.open(request(i), String(i));
    expect(pending.clear().map(({ context }) => Number(context))).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(pending.open(request(0), 'again').id).toBe('10001');
  });
});
