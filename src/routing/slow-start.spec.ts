import { SlowStart } from './slow-start.js';

describe('SlowStart', () => {
  let back: string[];
  let ready: (one: string) => boolean;
  let start: SlowStart<string, string>;

  beforeEach(() => {
    jest.useFakeTimers();
    back = [];
    ready = () => true;
    start = new SlowStart((place, one) => {
      if (ready(one)) back.push(`${place} ${one}`);
      return ready(one);
    });
  });
  afterEach(() => jest.useRealTimers());
  const leave = (place: string, count: number): void => {
    for (let i = 0; i < count; i++) start.add(place, `${i}`);
  };

  it('brings back a few at once, and all within ten seconds', () => {
    leave('a', 100);
    start.begin('a');
    expect(back).toHaveLength(5);
    jest.advanceTimersByTime(1_000);
    expect(back).toHaveLength(15);
    start.begin('a');
    jest.advanceTimersByTime(9_000);
    expect(back).toHaveLength(100);
    expect([start.places(), jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('stops where nobody may go back any more', () => {
    leave('a', 100);
    start.begin('a');
    start.hold('a');
    jest.advanceTimersByTime(10_000);
    expect([back.length, jest.getTimerCount()]).toEqual([5, 0]);
  });

  it('asks again whoever cannot go now, after the others', () => {
    leave('a', 3);
    ready = one => one !== '0';
    start.begin('a');
    jest.advanceTimersByTime(2_000);
    expect(back).toEqual(['a 1', 'a 2']);
    ready = () => true;
    jest.advanceTimersByTime(1_000);
    expect(back).toEqual(['a 1', 'a 2', 'a 0']);
  });

  it('remembers the place that was left first, and nobody who is no more', () => {
    start.add('a', 'x');
    start.add('b', 'x');
    start.add('b', 'y');
    start.delete('y');
    expect(start.places()).toEqual(['a']);
  });
});
