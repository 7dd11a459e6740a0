import { getEventListeners } from 'node:events';
import { FakeInstance, Outcome } from '../../test/support/fake-instance.js';
import { SystemClock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Backoff } from './backoff.js';

interface Attempt {
  succeed(): void;
  fail(): void;
}

describe('Backoff', () => {
  let backoff: Backoff;
  let random: number;
  let attempts: Attempt[];

  beforeEach(() => {
    jest.useFakeTimers();
    random = 0.5;
    attempts = [];
    backoff = new Backoff(new FakeInstance(), new SystemClock(), () => random);
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const last = (): Attempt => attempts[attempts.length - 1]!;

  function come(signal = new AbortController().signal, forced = false): Outcome<string> {
    const work = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new GatewayError('unit_unavailable', 'refused'));
        attempts.push({ succeed: () => resolve('open'), fail });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    return new Outcome(backoff.run(work, signal, forced));
  }

  /** Fails as often as told, each attempt as soon as its time has come. */
  async function fail(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      come(undefined, true);
      await pass(6_000);
      last().fail();
      await pass();
    }
  }

  /** Milliseconds until the attempt of one who comes now and insists. */
  async function delay(): Promise<number> {
    const before = attempts.length;
    come(undefined, true);
    await pass();
    let ms = 0;
    for (; attempts.length === before; ms++) await pass(1);
    return ms;
  }

  it('lets all attempts run at once while they succeed', async () => {
    const outcomes = [come(), come(), come()];
    await pass();
    expect(attempts).toHaveLength(3);
    attempts[1]!.succeed();
    await pass();
    expect(outcomes.map(({ value }) => value)).toEqual([undefined, 'open', undefined]);
  });

  it('tells the first failure at once, as it is', async () => {
    const outcome = come();
    await pass();
    last().fail();
    await pass();
    expect(outcome.error).toMatchObject({ code: 'unit_unavailable', message: 'refused', retryAfter: null });
  });

  it('waits twice as long after each failure in a row, and five seconds at most', async () => {
    const delays: number[] = [];
    await fail(1);
    for (let i = 0; i < 8; i++) {
      delays.push(await delay());
      last().fail();
      await pass();
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it.each([
    [0, 80],
    [1, 120],
  ])('varies the delay: with %d it is %d ms', async (drawn, expected) => {
    random = drawn;
    await fail(1);
    expect(await delay()).toBe(expected);
  });

  it('begins anew after a success', async () => {
    await fail(3);
    const success = come(undefined, true);
    await pass(400);
    last().succeed();
    await pass();
    expect(success.value).toBe('open');
    await fail(1);
    expect(await delay()).toBe(100);
  });

  it('counts failures of attempts that ran side by side once', async () => {
    for (let i = 0; i < 4; i++) come();
    await pass();
    for (const attempt of attempts) attempt.fail();
    await pass();
    expect(await delay()).toBe(100);
    last().fail();
    await pass();
    expect(await delay()).toBe(200);
  });

  it('lets one at a time try while the instance fails, in the order in which they came', async () => {
    await fail(1);
    const outcomes = [come(), come()];
    await pass(5_000);
    outcomes.push(come());
    await pass();
    expect(attempts).toHaveLength(2);
    last().fail();
    await pass(199);
    expect(outcomes.map(({ settled }) => settled)).toEqual([true, false, false]);
    expect(attempts).toHaveLength(2);
    await pass(1);
    expect(attempts).toHaveLength(3);
    last().fail();
    await pass();
    expect(outcomes.map(({ settled }) => settled)).toEqual([true, true, false]);
  });

  it('lets all go as soon as one has succeeded', async () => {
    await fail(1);
    for (let i = 0; i < 4; i++) come();
    await pass(100);
    expect(attempts).toHaveLength(2);
    last().succeed();
    await pass();
    expect(attempts).toHaveLength(5);
  });

  it('lets all go when an attempt succeeds that began before the failure', async () => {
    come();
    come();
    await pass();
    attempts[0]!.fail();
    await pass();
    come();
    come();
    attempts[1]!.succeed();
    await pass();
    expect(attempts).toHaveLength(4);
  });

  it('lets one that gives up leave the queue at once, and the next one have its turn', async () => {
    await fail(1);
    const caller = new AbortController();
    const givesUp = come(caller.signal);
    const stays = come();
    await pass(50);
    caller.abort(new Error('gone'));
    await pass();
    expect(givesUp.error).toEqual(new Error('gone'));
    await pass(50);
    last().succeed();
    await pass();
    expect([stays.value, attempts.length]).toEqual(['open', 2]);
  });

  it('leaves no timer behind when the last one has given up', async () => {
    await fail(1);
    const caller = new AbortController();
    come(caller.signal);
    await pass();
    expect(jest.getTimerCount()).toBe(1);
    caller.abort(new Error('gone'));
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it('holds it not against the instance that a caller gave up, and lets the next one try', async () => {
    await fail(1);
    const caller = new AbortController();
    come(caller.signal);
    come();
    await pass(100);
    caller.abort(new Error('gone'));
    await pass();
    expect(attempts).toHaveLength(3);
  });

  it('refuses at once, with the time of the next attempt, when that is more than a second off', async () => {
    await fail(5);
    await pass(100);
    const outcome = come();
    await pass();
    expect(outcome.error).toMatchObject({
      code: 'unit_unavailable',
      message: '"unit/fake" failed 5 times in a row; next attempt in 1500 ms.',
      retryAfter: 1_500,
    });
    expect(() => backoff.check()).toThrow('next attempt in 1500 ms');
    await pass(500);
    expect(() => backoff.check()).not.toThrow();
    const waits = come();
    await pass(999);
    expect([waits.settled, attempts.length]).toEqual([false, 5]);
    await pass(1);
    expect(attempts).toHaveLength(6);
  });

  it('refuses those who wait already, when the failure of another makes it too long, but not who insists', async () => {
    await fail(4);
    come();
    const { signal } = new AbortController();
    const waits = come(signal);
    const insists = come(undefined, true);
    await pass(800);
    last().fail();
    await pass();
    expect(waits.error).toMatchObject({ retryAfter: 1_600 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(insists.settled).toBe(false);
    await pass(1_600);
    last().succeed();
    await pass();
    expect(insists.value).toBe('open');
  });
});
