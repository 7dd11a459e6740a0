import { HandClock } from '../../../test/support/hand-clock.js';
import { CoarseClock } from './coarse-clock.js';

describe('CoarseClock', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('stands still between two looks', () => {
    const clock = new HandClock();
    const coarse = new CoarseClock(clock);
    const before = coarse.now;
    clock.pass(500);
    expect(coarse.now).toBe(before);
    expect(coarse.elapsed()).toBe(before + 500);
    coarse.advance();
    expect(coarse.now).toBe(before + 500);
  });

  it('looks, at the time it is then, until it is stopped', () => {
    const clock = new HandClock();
    const coarse = new CoarseClock(clock);
    const looks: number[] = [];
    coarse.start(100, () => looks.push(coarse.now));
    clock.pass(100);
    jest.advanceTimersByTime(99);
    expect(looks).toEqual([]);
    jest.advanceTimersByTime(901);
    expect(looks).toEqual(Array(10).fill(clock.elapsed()));
    coarse.stop();
    jest.advanceTimersByTime(1_000);
    expect(looks).toHaveLength(10);
  });
});
