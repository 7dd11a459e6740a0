import * as fc from 'fast-check';
import { Backoff } from './backoff.js';

describe('Backoff', () => {
  it('doubles what it may wait, up to the cap', () => {
    const backoff = new Backoff({ base: 50, max: 5_000 }, () => 0.999999);
    expect(Array.from({ length: 9 }, () => backoff.next())).toEqual([49, 99, 199, 399, 799, 1599, 3199, 4999, 4999]);
  });

  it('begins anew, or nearly so', () => {
    const backoff = new Backoff({ base: 50, max: 5_000 }, () => 0.999999);
    for (let i = 0; i < 9; i++) backoff.next();
    backoff.ease();
    expect(backoff.next()).toBe(199);
    backoff.reset();
    expect(backoff.next()).toBe(49);
  });

  it('never exceeds the cap and is anywhere below it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
        const backoff = new Backoff({ base: 50, max: 5_000 }, () => random);
        for (let i = 0; i < attempts; i++) backoff.next();
        expect(backoff.next()).toBe(Math.floor(random * Math.min(5_000, 50 * 2 ** attempts)));
      }),
    );
  });
});
