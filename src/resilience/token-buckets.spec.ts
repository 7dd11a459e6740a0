import { Clock } from '../kernel/clock.js';
import { BucketSettings, TokenBuckets } from './token-buckets.js';

describe('TokenBuckets', () => {
  let now: number;
  const clock: Clock = { now: () => now, elapsed: () => now };
  const make = (settings: BucketSettings, most?: number): TokenBuckets => new TokenBuckets(settings, clock, most);

  /** How many of so many attempts are let through. */
  const through = (buckets: TokenBuckets, key: string, attempts: number): number =>
    Array.from({ length: attempts }, () => buckets.take(key)).filter(wait => wait === 0).length;

  beforeEach(() => (now = 12_345.678));

  it('gives what a bucket holds at once, and says when there is a token again', () => {
    const buckets = make({ size: 100, perSecond: 100 });
    expect(through(buckets, 'a', 100)).toBe(100);
    expect(buckets.take('a')).toBe(10);
    now += 9.5;
    expect(buckets.take('a')).toBe(1);
    now += 0.5;
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 10]);
  });

  it('gives each key a bucket of its own', () => {
    const buckets = make({ size: 1, perSecond: 1 });
    expect([buckets.take('a'), buckets.take('b'), buckets.take('a')]).toEqual([0, 0, 1_000]);
  });

  it('fills up to its size, however long nobody comes', () => {
    const buckets = make({ size: 10, perSecond: 100 });
    through(buckets, 'a', 10);
    now += 3_600_000;
    expect(through(buckets, 'a', 20)).toBe(10);
  });

  it('lets through as many as flow in, to whoever tries all the time', () => {
    const buckets = make({ size: 100, perSecond: 100 });
    let count = 0;
    for (const end = now + 60_000; now < end; now += 1) count += through(buckets, 'a', 1);
    expect(count).toBe(100 + 60 * 100 - 1);
  });

  it.each([
    [100, 100],
    [7, 3],
    [600, 10],
    [600_000, 10_000],
    [1, 0.1],
    [5, 1 / 60],
  ])('is true to its word with %d tokens and %d a second, also after weeks', (size, perSecond) => {
    now = 3e9 + 1 / 3;
    const buckets = make({ size, perSecond });
    expect(buckets.take('a', size)).toBe(0);
    for (let i = 0; i < 200; i++) {
      const wait = buckets.take('a');
      expect(Number.isInteger(wait) && wait > 0).toBe(true);
      now += wait;
      expect(buckets.take('a')).toBe(0);
      while (buckets.take('a') === 0);
    }
  });

  it('takes several at a time or none, and says never where it never holds so many', () => {
    const buckets = make({ size: 10, perSecond: 1 });
    expect([buckets.take('a', 7), buckets.take('a', 4), buckets.take('a', 3)]).toEqual([0, 1_000, 0]);
    expect(buckets.take('b', 11)).toBe(Infinity);
    expect(buckets.keys).toBe(1);
  });

  it('forgets buckets that are full, and so costs as much as there are clients lately', () => {
    const buckets = make({ size: 100, perSecond: 100 });
    for (let i = 0; i < 200_000; i++, now += 0.1) buckets.take(`key ${i}`);
    expect(buckets.keys).toBeLessThanOrEqual(16_384);
  });

  describe('with more keys than it keeps', () => {
    it('never keeps more, and forgets none that lacks more than the others', () => {
      const buckets = make({ size: 100, perSecond: 1 }, 1_000);
      expect(through(buckets, 'hostile', 101)).toBe(100);
      for (let i = 0; i < 20_000; i++, now += 0.01) {
        buckets.take(`key ${i}`);
        expect(buckets.keys).toBeLessThanOrEqual(1_000);
        if (i % 1_000 === 0) expect(buckets.take('hostile')).toBeGreaterThan(0);
      }
    });

    it('makes room for new ones even when all lack the same', () => {
      const buckets = make({ size: 1, perSecond: 0.001 }, 100);
      for (let i = 0; i < 1_000; i++) expect(buckets.take(`key ${i}`)).toBe(0);
      expect(buckets.keys).toBeLessThanOrEqual(100);
    });

    it('goes through them seldom', () => {
      const buckets = make({ size: 100, perSecond: 0.001 }, 1_000);
      let seen = 0;
      const { delete: original } = Map.prototype;
      const spy = jest.spyOn(Map.prototype, 'delete').mockImplementation(function (this: Map<unknown, unknown>, key) {
        seen++;
        return original.call(this, key);
      });
      for (let i = 0; i < 10_000; i++, now += 1) buckets.take(`key ${i}`);
      spy.mockRestore();
      expect(seen).toBeLessThan(10_000);
      expect(buckets.keys).toBeGreaterThan(400);
    });
  });
});
