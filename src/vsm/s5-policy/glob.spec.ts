import { Glob, Globs } from './glob.js';

describe('Glob', () => {
  it.each([
    ['files', 'files', true],
    ['files', 'files2', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'bba', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['a*bc*c', 'abc', false],
    ['**', 'x', true],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, name, fits) => {
    expect(new Glob(pattern).matches(name)).toBe(fits);
  });

  it('is fast for names that are made to be slow', () => {
    const glob = new Glob(`${'*a'.repeat(50)}b`);
    const started = performance.now();
    for (let i = 0; i < 100; i++) expect(glob.matches('a'.repeat(1_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('Globs', () => {
  it('fit where one of them does; none fit nothing', () => {
    expect(new Globs(['a', 'b*']).match('bc')).toBe(true);
    expect(new Globs([]).match('')).toBe(false);
  });
});
