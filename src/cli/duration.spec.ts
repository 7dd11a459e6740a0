import { readDuration, spellDuration } from './duration.js';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s is %d ms', (text, ms) => expect(readDuration(text)).toBe(ms));

  it.each(['', '10', 's', '-1s', '0s', '1 m', '1w', '10m5s', 'NaNs'])('%j is none', text => {
    expect(() => readDuration(text)).toThrow('write 500ms, 30s, 10m, 2h');
  });

  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [42_900, '42s'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [7_500_000, '2h 5m'],
    [100_800_000, '1d 4h'],
    [NaN, '–'],
  ])('%d ms are spelled %s', (ms, text) => expect(spellDuration(ms)).toBe(text));
});
