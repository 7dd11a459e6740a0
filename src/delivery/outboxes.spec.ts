import { FakedClock, FakeSink } from '../../test/support/fake-sink.js';
import { Budget } from '../kernel/budget.js';
import { Draft, Message } from '../kernel/ports/envelope.js';
import { MemoryMessageLog } from './message-log.memory.js';
import { Appended, FencedError, LogLimits } from './message-log.js';
import { Outbox } from './outbox.js';
import { Attached, DeliverySettings, Outboxes } from './outboxes.js';
import { Position, ReaderKind } from './position.js';
import { Cursor } from './cursor.js';

const LIMITS: LogLimits = { messages: 1_000, bytes: 1e9, replayMessages: 200, replayBytes: 1e9 };
const OWNER = { node: 'a', fence: 1 };
const SETTINGS: DeliverySettings = {
  owner: OWNER,
  windowHalf: 50,
  windowFull: 100,
  rate: 200,
  lag: 5_000,
  bundle: 1_000,
  socketBuffer: 1 << 20,
  silentWindow: 20,
};
const clock = new FakedClock();
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('Outboxes', () => {
  let budget: Budget;
  let log: MemoryMessageLog;
  let outboxes: Outboxes;
  let box: Outbox;
  let errors: unknown[];
  let last: number;

  beforeEach(async () => {
    jest.useFakeTimers();
    last = 0;
    await make({}, {});
  });
  afterEach(() => {
    outboxes.stop();
    jest.useRealTimers();
    expect(errors).toEqual([]);
  });

  async function make(limits: Partial<LogLimits>, settings: Partial<DeliverySettings>): Promise<void> {
    errors = [];
    budget = new Budget(1e9);
    log = new MemoryMessageLog({ ...LIMITS, ...limits }, budget, clock);
    outboxes = new Outboxes(log, clock, { ...SETTINGS, ...settings }, err => errors.push(err));
    box = await outboxes.open('s');
  }

  const pass = (ms = 1): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const message = (draft: Partial<Draft> = {}): Message =>
    new Message({ id: `m${last++}`, payload: '1', ...draft }, clock.now());

  async function push(count: number, draft: Partial<Draft> = {}): Promise<Appended[]> {
    const answers: Appended[] = [];
    for (let i = 0; i < count; i++) answers.push(...(await outboxes.append([box], message(draft))));
    return answers;
  }

  function join(kind: ReaderKind, position?: Position, sink = new FakeSink()): Attached & { sink: FakeSink } {
    const attached = outboxes.attach(box, sink, kind, position);
    outboxes.start(box, attached.reader);
    return { ...attached, sink };
  }

  function leave({ reader, sink }: { reader: Cursor; sink: FakeSink }): void {
    sink.attached = false;
    outboxes.detach(box, reader);
  }

  const at = (sequence: number): Position => ({ epoch: box.epoch, last: sequence });

  /** How many turns there are in a time in which nothing happens. */
  async function turnsIn(ms: number): Promise<number> {
    const spy = jest.spyOn(outboxes as unknown as { serve(): Promise<void> }, 'serve');
    await pass(ms);
    return spy.mock.calls.length;
  }

  describe.each(['acking', 'positional', 'silent'] as const)('to %s clients', kind => {
    it('gives what comes, in order', async () => {
      const { sink } = join(kind);
      await push(3);
      await pass();
      await push(2);
      await pass();
      expect(sink.sequences).toEqual([0, 1, 2, 3, 4]);
      expect(sink.ids).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
      expect(sink.gaps).toEqual([]);
    });

    it('keeps what comes while they are away', async () => {
      await push(30);
      await pass(10_000);
      expect((await log.open('s', OWNER)).next).toBe(0);
      const { sink } = join(kind);
      await pass();
      expect(sink.sequences).toEqual(range(0, 30));
    });

    it('gives what has priority first, in order within each', async () => {
      for (const priority of ['low', 'normal', 'high', 'low', 'high'] as const) await push(1, { priority });
      const { sink } = join(kind);
      await pass();
      expect(sink.ids).toEqual(['m2', 'm4', 'm1', 'm0', 'm3']);
      expect(sink.sequences).toEqual(range(0, 5));
    });

    it('leaves no hole where messages expire', async () => {
      await push(2, { ttl: 100 });
      await push(1);
      await push(1, { ttl: 300 });
      await pass(200);
      const { sink } = join(kind);
      await pass();
      expect(sink.ids).toEqual(['m2', 'm3']);
      expect(sink.sequences).toEqual([0, 1]);
    });

    it('stops at a full socket, and goes on from the log when it drains', async () => {
      await make({}, { socketBuffer: 1_000, windowHalf: 1_000, windowFull: 2_000, lag: 1e9 });
      const sink = new FakeSink();
      sink.slow = true;
      join(kind, undefined, sink);
      await push(100);
      await pass(5_000);
      const written = sink.written.length;
      expect(written).toBeGreaterThan(5);
      expect(written).toBeLessThan(20);
      for (let i = 0; i < 50; i++) {
        sink.drain(5);
        outboxes.wake(box);
        await pass();
        expect(sink.buffered).toBeLessThan(1_200);
      }
      expect(sink.sequences).toEqual(range(0, 100));
    });

    it('goes on although nobody says that the socket has drained', async () => {
      await make({}, { socketBuffer: 1_000 });
      const sink = new FakeSink();
      sink.slow = true;
      join(kind, undefined, sink);
      await push(40);
      await pass();
      sink.drain(2);
      sink.slow = false;
      await pass(1_000);
      expect(sink.sequences).toEqual(range(0, 40));
    });

    it('looks seldom at a socket that takes nothing', async () => {
      await make({}, { socketBuffer: 1_000 });
      const sink = new FakeSink();
      sink.slow = true;
      join(kind, undefined, sink);
      await push(40);
      await pass();
      expect(await turnsIn(10_000)).toBeLessThan(110);
    });

    it('does nothing when there is nothing to do', async () => {
      join(kind);
      await push(60);
      await pass(20_000);
      expect(await turnsIn(10_000)).toBe(0);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('does nothing for those who are away', async () => {
      const first = join(kind);
      await push(10);
      await pass();
      leave(first);
      outboxes.watch(message(), { given: () => undefined, confirmed: () => undefined });
      await push(200);
      await pass(2_000);
      expect(await turnsIn(10_000)).toBe(0);
    });

    it('goes on where the position is when they come back', async () => {
      const first = join(kind);
      await push(10);
      await pass();
      leave(first);
      await push(5);
      const second = join(kind, at(6));
      await pass();
      expect([second.from, second.gap]).toEqual([7, undefined]);
      expect(second.sink.sequences).toEqual(range(7, 15));
    });

    it('tells what is lost when the position is of another epoch', async () => {
      const first = join(kind);
      await push(10);
      await pass();
      leave(first);
      const second = join(kind, { epoch: 'other', last: 3 });
      await pass();
      expect(second.gap).toEqual({ reason: 'epoch', epoch: box.epoch, next: 0, from: 4, to: null });
      expect(second.sink.sequences).toEqual(range(0, 10));
    });

    it('does not believe a position beyond what was sent', async () => {
      const first = join(kind);
      await push(10);
      await pass();
      leave(first);
      const second = join(kind, at(10));
      expect(second.gap).toMatchObject({ reason: 'unknown_position', next: second.from, from: null, to: null });
    });

    it('tells the gap when the replay window has moved on', async () => {
      await make({ replayMessages: 5 }, {});
      const first = join(kind);
      await push(20);
      await pass();
      if (kind === 'acking') outboxes.acknowledge(box, first.reader, 19);
      await pass();
      leave(first);
      const second = join(kind, at(9));
      await pass();
      expect(second.gap).toEqual({ reason: 'overrun', epoch: box.epoch, next: 15, from: 10, to: 14 });
      expect(second.sink.sequences).toEqual(range(15, 20));
    });
  });

  describe('without a position', () => {
    it('gives acking clients everything not acknowledged', async () => {
      const first = join('acking');
      await push(10);
      await pass();
      outboxes.acknowledge(box, first.reader, 5);
      leave(first);
      const second = join('acking');
      await pass();
      expect(second.sink.sequences).toEqual(range(6, 10));
    });

    it('gives positional ones what the socket had not taken', async () => {
      const sink = new FakeSink();
      sink.slow = true;
      const first = join('positional', undefined, sink);
      for (let i = 0; i < 10; i++) {
        await push(1);
        await pass();
      }
      sink.drain(6);
      await pass(200);
      leave(first);
      const second = join('positional');
      await pass();
      expect(second.sink.sequences).toEqual(range(6, 10));
    });

    it('gives silent ones the window again', async () => {
      const first = join('silent');
      await push(50);
      await pass();
      leave(first);
      const second = join('silent');
      await pass();
      expect(second.sink.sequences).toEqual(range(30, 50));
    });
  });

  describe('windows of acking clients', () => {
    it('fill to half at once, then at half the rate, then only with high priority', async () => {
      const { sink, reader } = join('acking');
      await push(300);
      await pass();
      expect(sink.written.length).toBe(50);
      await pass(250);
      expect(sink.written.length).toBeGreaterThan(70);
      expect(sink.written.length).toBeLessThan(80);
      await pass(1_000);
      expect(sink.written.length).toBe(100);
      await pass(3_000);
      expect(sink.written.length).toBe(100);
      await push(30, { priority: 'high' });
      await pass();
      expect(sink.written.length).toBe(130);
      expect(sink.written.slice(100).every(entry => entry.message.priority === 'high')).toBe(true);
      outboxes.acknowledge(box, reader, 129);
      await pass();
      expect(sink.written.length).toBe(180);
    });

    it('do not keep anybody busy while they are full', async () => {
      join('acking');
      await push(300);
      await pass(2_000);
      expect(await turnsIn(2_000)).toBe(0);
    });

    it('do not keep anybody busier than the rate while they are half full', async () => {
      join('acking');
      await push(300);
      await pass();
      expect(await turnsIn(100)).toBeLessThan(25);
    });

    it('do not limit those who acknowledge nothing', async () => {
      const { sink } = join('silent');
      await push(900);
      await pass(100);
      expect(sink.sequences).toEqual(range(0, 900));
    });
  });

  describe('a client that lags', () => {
    it('gets bundles, one each second', async () => {
      const { sink, reader } = join('acking');
      await push(1);
      await pass(5_200);
      const times: number[] = [];
      sink.onDeliver = () => times.push(clock.now());
      const start = clock.now();
      for (let i = 0; i < 40; i++) {
        await push(1);
        await pass(100);
      }
      const distinct = [...new Set(times.map(time => time - start))];
      expect(distinct.length).toBe(4);
      for (let i = 1; i < distinct.length; i++) expect(distinct[i]! - distinct[i - 1]!).toBeGreaterThanOrEqual(1_000);
      // Once it has caught up, it waits for nothing.
      outboxes.acknowledge(box, reader, sink.sequences.at(-1)!);
      await push(1);
      await pass();
      expect(sink.ids.at(-1)).toBe(`m${last - 1}`);
    });

    it('does not keep anybody busy', async () => {
      join('acking');
      await push(1);
      await pass(6_000);
      await push(20);
      await pass();
      expect(await turnsIn(10_000)).toBeLessThan(15);
    });

    it('may be away for long, and is served at once when it comes back and acknowledges', async () => {
      const first = join('acking');
      await push(10);
      await pass();
      leave(first);
      await pass(60_000);
      const { sink, reader } = join('acking');
      await pass();
      expect(sink.sequences).toEqual(range(0, 10));
      outboxes.acknowledge(box, reader, 9);
      await push(1);
      await pass();
      expect(sink.sequences).toEqual(range(0, 11));
    });
  });

  describe('acknowledgements', () => {
    it('are wrong beyond what was sent, and in another epoch', async () => {
      await make({}, { socketBuffer: 200 });
      const sink = new FakeSink();
      sink.slow = true;
      const { reader } = join('acking', undefined, sink);
      await push(20);
      await pass();
      const sent = sink.written.length;
      expect((await log.open('s', OWNER)).next).toBeGreaterThan(sent);
      for (const wrong of [sent, 19, 20]) expect(() => outboxes.acknowledge(box, reader, wrong)).toThrow();
      expect(() => outboxes.acknowledge(box, reader, 0, 'other')).toThrow();
      expect(box.confirmed).toBe(0);
      outboxes.acknowledge(box, reader, sent - 1, box.epoch);
      expect(box.confirmed).toBe(sent);
    });

    it('may come for single messages, in any order', async () => {
      const { reader } = join('acking');
      await push(5);
      await pass();
      for (const id of ['m3', 'm1', 'm2']) await outboxes.acknowledgeOne(box, reader, id);
      expect(box.confirmed).toBe(0);
      await outboxes.acknowledgeOne(box, reader, 'm0');
      expect(box.confirmed).toBe(4);
      await expect(outboxes.acknowledgeOne(box, reader, 'm0')).rejects.toMatchObject({ code: 'invalid_ack' });
      await expect(outboxes.acknowledgeOne(box, reader, 'nobody')).rejects.toMatchObject({ code: 'invalid_ack' });
    });

    it('of a single message make a client acking, although its socket took it', async () => {
      const { reader, sink } = join('silent');
      await push(3);
      await pass(1_000);
      expect(box.confirmed).toBe(3);
      await outboxes.acknowledgeOne(box, reader, 'm1');
      await push(2);
      await pass(1_000);
      expect(sink.written.length).toBe(5);
      expect(box.confirmed).toBe(3);
    });

    it('of a single message do not count before it was sent', async () => {
      await make({}, { socketBuffer: 200 });
      const sink = new FakeSink();
      sink.slow = true;
      const { reader } = join('acking', undefined, sink);
      await push(20);
      await pass();
      await expect(outboxes.acknowledgeOne(box, reader, 'm19')).rejects.toMatchObject({ code: 'invalid_ack' });
    });
  });

  describe('quotas', () => {
    it('refuse by count, and free what sockets have taken', async () => {
      await make({ messages: 10 }, {});
      const { sink } = join('silent');
      for (let i = 0; i < 5; i++) {
        expect(await push(10)).toEqual(new Array(10).fill('accepted'));
        await pass();
      }
      expect(sink.written.length).toBe(50);
    });

    it('free what a slow socket has taken, although nothing new is accepted', async () => {
      await make({ messages: 10 }, {});
      const sink = new FakeSink();
      sink.slow = true;
      join('silent', undefined, sink);
      await push(10);
      await pass();
      expect(await push(1)).toEqual(['outbox_full']);
      sink.drain();
      await pass(200);
      expect(await push(1)).toEqual(['accepted']);
    });

    it('refuse by bytes', async () => {
      await make({ bytes: 2_500 }, {});
      const payload = `"${'x'.repeat(1_000)}"`;
      expect(await push(3, { payload })).toEqual(['accepted', 'accepted', 'outbox_full']);
      join('positional');
      await pass();
      expect(await push(1, { payload })).toEqual(['accepted']);
    });

    it('leave every session a little when the process holds as much as it may', async () => {
      const other = budget.share();
      other.set(1e9);
      const answers = await push(200);
      const accepted = answers.filter(answer => answer === 'accepted').length;
      expect(accepted).toBeGreaterThan(10);
      expect(accepted).toBeLessThan(100);
      other.set(0);
      expect(await push(1)).toEqual(['accepted']);
    });

    it('hold nothing for sessions that are closed', async () => {
      join('silent');
      await push(20);
      await pass();
      await outboxes.close(box);
      expect(budget.used).toBe(0);
      expect(await push(1)).toEqual(['unknown']);
    });
  });

  describe('several connections', () => {
    it('get everything, each', async () => {
      const sinks = [join('acking').sink, join('silent').sink];
      await push(20);
      await pass();
      for (const sink of sinks) expect(sink.sequences).toEqual(range(0, 20));
    });

    it('do not wait for one that lags, which catches up', async () => {
      await make({ replayMessages: 20 }, { socketBuffer: 1_000 });
      const quick = join('silent');
      const slow = join('silent');
      slow.sink.slow = true;
      for (let i = 0; i < 60; i++) {
        await push(1);
        await pass();
      }
      expect(quick.sink.sequences).toEqual(range(0, 60));
      expect(slow.sink.written.length).toBeLessThan(20);
      slow.sink.drain();
      slow.sink.slow = false;
      await pass(200);
      expect(slow.sink.sequences).toEqual(range(0, 60));
      // What was kept for it goes with it.
      await pass(200);
      expect((await log.open('s', OWNER)).first).toBe(40);
    });

    it('tell one that lags too far what it has lost', async () => {
      await make({ replayMessages: 5 }, { socketBuffer: 1_000 });
      join('silent');
      const slow = join('silent');
      slow.sink.slow = true;
      for (let i = 0; i < 60; i++) {
        await push(1);
        await pass();
      }
      const stopped = slow.sink.sequences.at(-1)!;
      slow.sink.drain();
      slow.sink.slow = false;
      await pass(200);
      expect(slow.sink.gaps).toEqual([{ reason: 'overrun', epoch: box.epoch, next: 40, from: stopped + 1, to: 39 }]);
      expect(slow.sink.sequences).toEqual([...range(0, stopped + 1), ...range(40, 60)]);
    });

    it('let go of what was kept for one that leaves', async () => {
      await make({ replayMessages: 5 }, { socketBuffer: 100 });
      join('silent');
      const slow = join('silent');
      slow.sink.slow = true;
      for (let i = 0; i < 20; i++) {
        await push(1);
        await pass();
      }
      await pass(200);
      expect((await log.open('s', OWNER)).first).toBe(slow.reader.cursor);
      leave(slow);
      await pass();
      expect((await log.open('s', OWNER)).first).toBe(15);
    });

    it('tell the gap at once where nothing of what is missing is held', async () => {
      await make({ replayMessages: 0 }, { socketBuffer: 100 });
      join('silent');
      const slow = join('silent');
      slow.sink.slow = true;
      await push(20);
      await pass(50);
      const stopped = slow.sink.sequences.at(-1)!;
      expect((await log.open('s', OWNER)).first).toBe(20);
      slow.sink.drain();
      await pass(200);
      expect(slow.sink.gaps).toEqual([{ reason: 'overrun', epoch: box.epoch, next: 20, from: stopped + 1, to: 19 }]);
    });
  });

  describe('in the middle of a turn', () => {
    it('a connection that leaves loses nothing', async () => {
      const first = join('acking');
      await push(20);
      first.sink.onDeliver = ({ sequence }) => {
        if (sequence === 7) leave(first);
      };
      await pass();
      expect(first.sink.sequences).toEqual(range(0, 8));
      const second = join('acking', at(7));
      await pass();
      expect(second.sink.sequences).toEqual(range(8, 20));
    });

    it('a connection that leaves while the log is asked loses nothing', async () => {
      const { enter } = log;
      const first = join('silent');
      log.enter = async batch => {
        leave(first);
        return enter.call(log, batch);
      };
      await push(20);
      await pass();
      log.enter = enter;
      expect(first.sink.written).toEqual([]);
      const second = join('silent');
      await pass();
      expect(second.sink.sequences).toEqual(range(0, 20));
    });

    it('a connection that comes while the log is asked misses nothing', async () => {
      const { enter } = log;
      join('silent');
      let second: FakeSink | undefined;
      log.enter = async batch => {
        const entered = await enter.call(log, batch);
        second ??= join('silent').sink;
        return entered;
      };
      await push(20);
      await pass();
      expect(second!.sequences).toEqual(range(0, 20));
    });

    it('a session that is closed is closed', async () => {
      const { enter } = log;
      const { sink } = join('silent');
      log.enter = async batch => {
        const entered = await enter.call(log, batch);
        await outboxes.close(box);
        return entered;
      };
      await push(20);
      await pass(1_000);
      expect(sink.written).toEqual([]);
      expect(budget.used).toBe(0);
    });

    it('closing and opening again does not confirm what is new', async () => {
      const { read } = log;
      const first = join('silent');
      await push(5);
      await pass();
      await push(1);
      outboxes.start(box, outboxes.attach(box, new FakeSink(), 'silent', at(-1)).reader);
      log.read = async (...args) => {
        const entries = await read.apply(log, args);
        log.read = read;
        leave(first);
        await outboxes.close(box);
        box = await outboxes.open('s');
        await log.append(range(0, 3).map(() => ({ session: 's', message: message() })));
        await log.enter([{ session: 's', owner: OWNER, high: 3, all: 3 }]);
        return entries;
      };
      await pass();
      expect(await log.open('s', OWNER)).toMatchObject({ next: 3, confirmed: 0 });
    });
  });

  describe('a log that is far away', () => {
    const far =
      <A extends unknown[], R>(act: (...args: A) => Promise<R>, there: number, back: number) =>
      async (...args: A): Promise<R> => {
        await new Promise(resolve => setTimeout(resolve, there));
        const answer = await act.apply(log, args);
        await new Promise(resolve => setTimeout(resolve, back));
        return answer;
      };

    it('gives what has entered although the answer was lost', async () => {
      const { sink } = join('acking');
      const { enter } = log;
      log.enter = async batch => {
        log.enter = enter;
        await enter.call(log, batch);
        throw new Error('the answer was lost');
      };
      await push(3);
      await pass(1_000);
      expect(sink.sequences).toEqual([0, 1, 2]);
      expect(errors.splice(0)).toHaveLength(1);
    });

    it('forgets nothing that is appended while it answers', async () => {
      const { sink } = join('silent');
      log.enter = far(log.enter, 1, 20);
      log.append = far(log.append, 1, 1);
      void push(2);
      for (let i = 0; i < 40; i++) {
        void push(1);
        await pass(1);
      }
      await pass(1_000);
      expect(sink.sequences).toEqual(range(0, 42));
      expect(box.queued).toBe(0);
    });

    it('is asked for all who are behind at once', async () => {
      const boxes: Outbox[] = [];
      const sinks: FakeSink[] = [];
      for (let i = 0; i < 50; i++) {
        box = await outboxes.open(`t${i}`);
        const first = join('acking');
        await push(1);
        await pass();
        leave(first);
        boxes.push(box);
      }
      log.read = far(log.read, 5, 5);
      for (box of boxes) sinks.push(join('acking').sink);
      await pass(30);
      expect(sinks.every(sink => sink.written.length === 1)).toBe(true);
    });

    it.each(['enter', 'read', 'trim'] as const)('may fail to %s', async operation => {
      const { sink } = join('silent');
      await push(3);
      await pass();
      const original = log[operation] as (...args: unknown[]) => Promise<never>;
      let failures = 3;
      (log as unknown as Record<string, unknown>)[operation] = (...args: unknown[]): Promise<unknown> =>
        failures-- > 0 ? Promise.reject(new Error('far')) : original.apply(log, args);
      const late = join('silent', at(-1));
      await pass();
      await push(3);
      await pass(2_000);
      expect(sink.sequences).toEqual(range(0, 6));
      expect(late.sink.sequences).toEqual(range(0, 6));
      expect(await log.open('s', OWNER)).toMatchObject({ confirmed: 6 });
      expect(errors.splice(0).length).toBeGreaterThan(0);
    });
  });

  it('does not let one connection that fails harm the others of its turn', async () => {
    const bad = join('silent');
    bad.sink.onDeliver = () => {
      throw new Error('bad');
    };
    const boxes = [box, await outboxes.open('t')];
    box = boxes[1]!;
    const good = join('silent');
    await outboxes.append(boxes, message());
    await pass();
    await outboxes.append(boxes, message());
    await pass(1_000);
    expect(good.sink.sequences).toEqual([0, 1]);
    expect(errors.splice(0).length).toBeLessThan(10);
    leave({ reader: bad.reader, sink: bad.sink });
    box = boxes[0]!;
    leave(bad);
    const again = join('silent');
    await pass();
    expect(again.sink.sequences).toEqual([0, 1]);
  });

  it('lets the event loop have its turn while it serves many', async () => {
    const boxes = await Promise.all(range(0, 2_500).map(i => outboxes.open(`t${i}`)));
    const sinks = boxes.map(one => {
      box = one;
      return join('silent').sink;
    });
    await pass();
    await outboxes.append(boxes, message());
    let between = 0;
    setImmediate(function count() {
      const served = sinks.filter(sink => sink.written.length > 0).length;
      if (served > 0 && served < sinks.length) between++;
      if (served < sinks.length) setImmediate(count);
    });
    const settled = outboxes.settled();
    await pass(20);
    await settled;
    expect(sinks.every(sink => sink.written.length === 1)).toBe(true);
    expect(between).toBeGreaterThan(0);
  });

  describe('watchers', () => {
    const watch = (one: Message): string[] => {
      const told: string[] = [];
      outboxes.watch(one, {
        given: (session, sequence) => told.push(`given ${session} ${sequence}`),
        confirmed: session => told.push(`confirmed ${session}`),
      });
      return told;
    };

    it('hear by the time all is settled that it was given', async () => {
      const { reader } = join('acking');
      const one = message();
      const told = watch(one);
      await outboxes.append([box], one);
      const settled = outboxes.settled();
      await pass();
      await settled;
      expect(told).toEqual(['given s 0']);
      outboxes.acknowledge(box, reader, 0);
      expect(told).toEqual(['given s 0', 'confirmed s']);
    });

    it('hear when the socket has taken it, soon after it has', async () => {
      const sink = new FakeSink();
      sink.slow = true;
      join('silent', undefined, sink);
      const one = message();
      const told = watch(one);
      await outboxes.append([box], one);
      await pass(1_000);
      expect(told).toEqual(['given s 0']);
      sink.drain();
      await pass(10);
      expect(told).toEqual(['given s 0', 'confirmed s']);
    });

    it('hear once, however many connections there are', async () => {
      const first = join('acking');
      join('acking');
      const one = message();
      const told = watch(one);
      await outboxes.append([box], one);
      await pass();
      leave(first);
      join('acking');
      await pass();
      outboxes.acknowledge(box, first.reader, 0);
      expect(told).toEqual(['given s 0', 'confirmed s']);
    });
  });

  it('ends with nothing left to do', async () => {
    join('silent');
    await push(10);
    outboxes.stop();
    const settled = outboxes.settled();
    await pass(10_000);
    await settled;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('compares what it counts with what the log holds, while nothing is on its way', async () => {
    expect(await outboxes.compare(box)).toEqual({ booked: 0, found: 0 });
    const message = (id: string): Message => new Message({ id, payload: '1' }, clock.now());
    const appended = outboxes.append([box], message('a'));
    expect(await outboxes.compare(box)).toBeUndefined();
    await appended;
    await jest.advanceTimersByTimeAsync(100);
    expect(await outboxes.compare(box)).toEqual({ booked: 1, found: 1 });
    await log.append([{ session: 's', message: message('behind its back') }]);
    expect(await outboxes.compare(box)).toEqual({ booked: 1, found: 2 });
    await outboxes.close(box);
    expect(await outboxes.compare(box)).toBeUndefined();
  });

  it('gives up an outbox whose log another node has taken over, and serves the others of the turn', async () => {
    const other = await outboxes.open('t');
    const [mine, theirs] = [new FakeSink(), new FakeSink()];
    for (const [one, sink] of [
      [box, theirs],
      [other, mine],
    ] as const)
      outboxes.start(one, outboxes.attach(one, sink, 'acking', undefined).reader);
    await log.open('s', { node: 'b', fence: 2 });
    await outboxes.append([box, other], message());
    await pass();
    expect([mine.written.length, theirs.written.length, box.closed, other.closed]).toEqual([1, 0, true, false]);
    expect(errors.splice(0)).toEqual([expect.any(FencedError)]);
  });
});
