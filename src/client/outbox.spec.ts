import { Outbox } from './outbox.js';
import { Ack } from './protocol.js';
import { ViableError } from './viable-error.js';

const ok = (id: string): Ack => ({ id, status: 'ok' });

describe('Outbox', () => {
  let outbox: Outbox;
  let wire: string[];
  const online = (): void => outbox.online(({ text }) => wire.push((JSON.parse(text) as { id: string }).id));
  const add = (id: string, options = {}): Promise<unknown> =>
    outbox.add({ type: 'chat', id, data: 1 }, options).catch((error: unknown) => error);

  beforeEach(() => {
    jest.useFakeTimers();
    outbox = new Outbox(3);
    wire = [];
  });
  afterEach(() => jest.useRealTimers());

  it('keeps what is sent offline, in order and up to its limit', async () => {
    const results = ['a', 'b', 'c', 'd'].map(id => add(id));
    await expect(results[3]).resolves.toMatchObject({ code: 'offline_queue_full' });
    online();
    expect(wire).toEqual(['a', 'b', 'c']);
    for (const id of wire) outbox.settle(id, ok(id));
    await expect(Promise.all(results.slice(0, 3))).resolves.toEqual(['a', 'b', 'c'].map(ok));
    expect(outbox.settle('a', ok('a'))).toBe(false);
  });

  it('sends what was not answered again, with its id and before what is new', () => {
    online();
    void add('a');
    void add('b');
    outbox.settle('a', ok('a'));
    outbox.offline();
    void add('c');
    online();
    expect(wire).toEqual(['a', 'b', 'b', 'c']);
  });

  it('takes no id twice while it is in flight, and nothing that is no JSON', async () => {
    void add('a');
    await expect(add('a')).resolves.toMatchObject({ code: 'duplicate_id' });
    await expect(outbox.add({ type: 'x', id: 'big', data: 1n })).rejects.toThrow(TypeError);
    outbox.settle('a', ok('a'));
    online();
    expect(wire).toEqual([]);
  });

  it('gives up by timeout, by signal and at the end, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const removed = jest.spyOn(abort.signal, 'removeEventListener');
    const results = [add('a', { timeout: 100 }), add('b', { signal: abort.signal }), add('c', { timeout: 5_000 })];
    jest.advanceTimersByTime(100);
    await expect(results[0]).resolves.toMatchObject({ code: 'timeout' });
    abort.abort('enough');
    await expect(results[1]).resolves.toBe('enough');
    expect(removed).toHaveBeenCalled();
    await expect(add('d', { signal: abort.signal })).resolves.toBe('enough');
    outbox.close(new ViableError('closed'));
    await expect(results[2]).resolves.toMatchObject({ code: 'closed' });
    expect(jest.getTimerCount()).toBe(0);
    online();
    expect(wire).toEqual([]);
  });

  it('holds new messages back until what is in flight is answered, or patience ends', async () => {
    online();
    void add('a');
    const held = outbox.hold(1_000);
    void add('b');
    expect(wire).toEqual(['a']);
    outbox.settle('a', ok('a'));
    await held;
    outbox.release();
    expect(wire).toEqual(['a', 'b']);
    const again = outbox.hold(1_000);
    jest.advanceTimersByTime(1_000);
    await again;
    online();
    expect(wire).toEqual(['a', 'b', 'b']);
  });

  it('blames a frame that was too large on the largest in flight', async () => {
    online();
    void add('a');
    const large = outbox.add({ type: 'chat', id: 'b', data: 'x'.repeat(100) });
    outbox.failLargest(new ViableError('message_too_large'));
    await expect(large).rejects.toMatchObject({ code: 'message_too_large' });
    outbox.offline();
    online();
    expect(wire).toEqual(['a', 'b', 'a']);
  });
});
