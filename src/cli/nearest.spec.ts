import { nearest } from './nearest.js';

describe('the nearest names', () => {
  it('are those with few changes, or with the same beginning', () => {
    const names = ['ann', 'anna', 'bob', 'client-17', 'client-71', 'zoe'];
    expect(nearest('an', names).sort()).toEqual(['ann', 'anna']);
    expect(nearest('client-18', names)).toEqual(['client-17', 'client-71']);
    expect(nearest('Bob', names)).toEqual(['bob']);
    expect(nearest('something-else', names)).toEqual([]);
  });

  it('are three at most', () => {
    expect(nearest('a', ['a1', 'a2', 'a3', 'a4'])).toHaveLength(3);
  });
});
