import { Frame } from '../../../kernel/frame.js';
import { Pending } from './pending.js';

const request = (id: unknown, params: object = {}): Frame => Frame.of({ id, method: 'tools/call', params });
const response = (id: unknown): Frame => Frame.of({ id, result: {} });
const progress = (progressToken: unknown): Frame =>
  Frame.of({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
const cancelled = (requestId: unknown): Frame => Frame.of({ method: 'notifications/cancelled', params: { requestId } });

describe('Pending', () => {
  let pending: Pending<string>;
  beforeEach(() => {
    pending = new Pending();
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
});
