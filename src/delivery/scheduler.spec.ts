import { FakedClock } from '../../test/support/fake-sink.js';
import { Scheduler } from './scheduler.js';

describe('Scheduler', () => {
  let served: string[][];
  let errors: unknown[];
  let work: (members: readonly string[]) => Promise<void>;
  let turns: Scheduler<string>;

  beforeEach(() => {
    jest.useFakeTimers();
    served = [];
    errors = [];
    work = () => Promise.resolve();
    turns = new Scheduler(
      new FakedClock(),
      members => {
        served.push([...members]);
        return work(members);
      },
      err => errors.push(err),
    );
  });
  afterEach(() => {
    turns.stop();
    jest.useRealTimers();
  });

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const takes = (ms: number) => () => new Promise<void>(resolve => setTimeout(resolve, ms));
  /** Whether it has resolved, asked at any time. */
  const watch = (promise: Promise<void>): { done: boolean } => {
    const state = { done: false };
    void promise.then(() => (state.done = true));
    return state;
  };

  it('serves all together, each once, in the next turn of the event loop', async () => {
    for (const member of ['a', 'b', 'a']) turns.add(member);
    expect(served).toEqual([]);
    await pass();
    expect(served).toEqual([['a', 'b']]);
    await pass(10_000);
    expect(served.length).toBe(1);
  });

  it('serves nobody twice at the same time', async () => {
    work = takes(5);
    turns.add('a');
    await pass();
    turns.add('a');
    turns.add('b');
    await pass(4);
    expect(served).toEqual([['a']]);
    await pass(20);
    expect(served).toEqual([['a'], ['a', 'b']]);
  });

  it('pauses after long turns, no longer than ten milliseconds', async () => {
    work = takes(500);
    turns.add('a');
    await pass(499);
    turns.add('b');
    await pass(10);
    expect(served.length).toBe(1);
    await pass(1);
    expect(served.length).toBe(2);
  });

  it('does not pause when the last turn was long ago', async () => {
    work = takes(500);
    turns.add('a');
    await pass(10_000);
    turns.add('b');
    await pass(0);
    expect(served.length).toBe(2);
  });

  describe('later', () => {
    it('serves after a time', async () => {
      turns.later('a', 100);
      await pass(99);
      expect(served).toEqual([]);
      await pass(2);
      expect(served).toEqual([['a']]);
    });

    it('is not late because somebody else waits for longer', async () => {
      turns.later('a', 1_000);
      turns.later('b', 10);
      await pass(11);
      expect(served).toEqual([['b']]);
      await pass(990);
      expect(served).toEqual([['b'], ['a']]);
    });

    it('serves once who is added before', async () => {
      turns.later('a', 100);
      turns.add('a');
      await pass(1_000);
      expect(served).toEqual([['a']]);
    });

    it('goes by the last time that was asked for', async () => {
      turns.later('a', 10);
      turns.later('a', 100);
      await pass(99);
      expect(served).toEqual([]);
      await pass(10);
      expect(served).toEqual([['a']]);
    });

    it('may be asked for while being served', async () => {
      work = members => {
        if (served.length < 3) for (const member of members) turns.later(member, 10);
        return Promise.resolve();
      };
      turns.add('a');
      await pass(1_000);
      expect(served.length).toBe(3);
    });
  });

  describe('idle', () => {
    it('resolves at once when there is nothing to do', async () => {
      await turns.idle();
    });

    it('resolves when those on the list have been served', async () => {
      work = takes(5);
      turns.add('a');
      const idle = watch(turns.idle());
      await pass(4);
      expect(idle.done).toBe(false);
      await pass(1);
      expect(idle.done).toBe(true);
    });

    it('resolves with the turn in which it was asked for, when nobody else waits', async () => {
      work = takes(5);
      turns.add('a');
      await pass(1);
      const idle = watch(turns.idle());
      await pass(3);
      expect(idle.done).toBe(false);
      await pass(2);
      expect(idle.done).toBe(true);
    });

    it('waits for the next turn when somebody was added during this one', async () => {
      work = takes(5);
      turns.add('a');
      await pass(1);
      turns.add('b');
      const idle = watch(turns.idle());
      await pass(5);
      expect(idle.done).toBe(false);
      await pass(20);
      expect(idle.done).toBe(true);
    });

    it('resolves although there is always more to do', async () => {
      work = members => {
        for (const member of members) turns.add(member);
        return takes(5)();
      };
      turns.add('a');
      await pass(1);
      const idle = watch(turns.idle());
      await pass(50);
      expect(idle.done).toBe(true);
    });

    it('resolves when the turn fails', async () => {
      work = () => Promise.reject(new Error('no'));
      turns.add('a');
      const idle = watch(turns.idle());
      await pass(1);
      expect(idle.done).toBe(true);
    });

    it('resolves when it is stopped: before, during, and after a turn', async () => {
      work = takes(5);
      turns.add('a');
      await pass(1);
      turns.add('b');
      const before = watch(turns.idle());
      turns.stop();
      const during = watch(turns.idle());
      turns.add('c');
      await pass(100);
      const after = watch(turns.idle());
      await pass(100);
      expect([before.done, during.done, after.done]).toEqual([true, true, true]);
    });
  });

  it('serves again those whose turn failed, after a time', async () => {
    work = () => Promise.reject(new Error('no'));
    turns.add('a');
    await pass(1);
    work = () => Promise.resolve();
    expect(errors.length).toBe(1);
    await pass(190);
    expect(served.length).toBe(1);
    await pass(20);
    expect(served).toEqual([['a'], ['a']]);
  });

  it('serves nobody after it is stopped', async () => {
    turns.add('a');
    turns.later('b', 10);
    turns.stop();
    turns.add('c');
    turns.later('d', 10);
    await pass(1_000);
    expect(served).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  describe('in each of its states', () => {
    let finish: () => void;
    const STATES = ['idle', 'scheduled', 'serving', 'stopping', 'stopped'] as const;

    async function bringTo(state: (typeof STATES)[number]): Promise<void> {
      work = () => new Promise(resolve => (finish = resolve));
      finish = () => undefined;
      if (state !== 'idle' && state !== 'stopped') turns.add('a');
      if (state === 'serving' || state === 'stopping') await pass();
      if (state === 'stopping' || state === 'stopped') turns.stop();
      expect(turns.underWay).toBe(state === 'serving' || state === 'stopping');
    }

    it.each(STATES)('%s: whoever is added is served, unless it stops', async state => {
      await bringTo(state);
      turns.add('b');
      const before = served.length;
      for (let i = 0; i < 2; i++, await pass(20)) finish();
      expect(served.flat().includes('b')).toBe(state !== 'stopping' && state !== 'stopped');
      expect(before).toBe(state === 'serving' || state === 'stopping' ? 1 : 0);
    });

    it.each(STATES)('%s: there is something to wait for while somebody is on the list or served', async state => {
      await bringTo(state);
      const idle = watch(turns.idle());
      await pass();
      expect(idle.done).toBe(state !== 'scheduled' && state !== 'serving');
      finish();
      await pass();
      expect(idle.done).toBe(true);
    });

    it.each(STATES)('%s: it can be stopped, and is when the turn has ended that is under way', async state => {
      await bringTo(state);
      turns.stop();
      const busy = state === 'serving' || state === 'stopping';
      expect(turns.underWay).toBe(busy);
      finish();
      await pass(1_000);
      expect([turns.underWay, served.length, jest.getTimerCount()]).toEqual([false, busy ? 1 : 0, 0]);
    });
  });
});
