import * as figures from './format.js';

describe('figures', () => {
  it('come with their units', () => {
    expect([figures.count(12_345), figures.figure(4.567), figures.figure(45.67), figures.figure(456.7)]).toEqual([
      '12,345',
      '4.57',
      '45.7',
      '457',
    ]);
    expect([figures.latency(4.2), figures.latency(12_000), figures.perSecond(3), figures.percent(0.125)]).toEqual([
      '4.2 ms',
      '12s',
      '3/s',
      '12.5 %',
    ]);
    expect([figures.bytes(0), figures.bytes(1_536), figures.bytes(5 * 1024 ** 3)]).toEqual(['0 B', '1.5 KiB', '5 GiB']);
    expect([figures.several(1, 'call'), figures.several(2, 'call')]).toEqual(['1 call', '2 calls']);
  });

  it('are a dash where there is none', () => {
    for (const of of [
      figures.count,
      figures.figure,
      figures.latency,
      figures.perSecond,
      figures.percent,
      figures.bytes,
    ])
      expect([of(null), of(undefined), of(NaN)]).toEqual(['–', '–', '–']);
  });

  it('are local times, with a date where that is more than a day from now', () => {
    const now = new Date(2026, 4, 3, 12, 0, 0).getTime();
    expect(figures.time(new Date(2026, 4, 3, 9, 5, 7).toISOString(), now)).toBe('09:05:07');
    expect(figures.time(new Date(2026, 4, 1, 9, 5, 7).getTime(), now)).toBe('2026-05-01 09:05:07');
    expect([figures.time(null, now), figures.time('never', now)]).toEqual(['–', '–']);
    expect([figures.ago(now - 200_000, now), figures.ago(now + 5, now), figures.ago(null, now)]).toEqual([
      '3m 20s',
      '0 ms',
      '–',
    ]);
  });

  it('tell members', () => {
    expect(figures.listed({ a: 1, b: 'x', c: null, d: [1], e: 0.126 })).toBe('a=1 b=x d=[1] e=0.13');
  });
});
