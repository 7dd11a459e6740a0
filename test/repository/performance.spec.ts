import { bars } from '../../load/performance/bars.js';
import { curves } from '../../load/performance/curves.js';
import { ahead } from '../../load/performance/words.js';

const way = (title: string, ...rates: number[]) => ({ title, rounds: rates.map(rate => ({ rate })) });
const MORE = { figure: 'rate', what: 'more' };

describe('the sentences of the performance page', () => {
  const ours = way('Viable', 90, 100, 110);

  it('name whoever is ahead, by how much', () => {
    const ways = [ours, way('slow', 10), way('fast', 150, 250), way('broken')];
    expect(ahead(ours, ways, MORE)).toBe('fast (2.00 ×) had more than Viable.');
    expect(ahead(ours, ways, { ...MORE, what: 'less', less: true })).toBe('slow (0.10 ×) had less than Viable.');
  });

  it('say when nobody is, and do not when there is nothing to compare with', () => {
    expect(ahead(ours, [ours, way('slow', 10)], MORE)).toBe('Nothing beside Viable had more, beyond 2 %.');
    expect(ahead(way('Viable'), [way('slow', 10)], MORE)).toBe('Viable has no figure to compare with.');
  });
});

describe('the charts of the performance page', () => {
  it('draw bars to scale, and say of what there is no figure', () => {
    const rows = [
      { name: 'bare', title: 'bare', value: { median: 100, min: 50, max: 200 } },
      { name: 'gateway', title: 'a < b', value: { median: 50, min: 50, max: 50 } },
      { name: 'peer', title: 'peer' },
    ];
    const svg = bars('title', 'subtitle', [{ title: 'panel', rows }]);
    const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)" height="14"/g)].map(([, width]) => Number(width));
    expect(widths).toEqual([210, 105]);
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('not measured');
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('draw a curve for each way, higher for more', () => {
    const curve = [
      [0.5, 1],
      [0.999, 10],
    ] as const;
    const svg = curves('title', 'subtitle', [{ title: 'panel', ways: [{ name: 'viable', title: 'Viable', curve }] }]);
    const points = /<polyline points="([^"]+)"/
      .exec(svg)?.[1]
      ?.split(' ')
      .map(point => point.split(',').map(Number));
    const [[left, low] = [], [right, high] = []] = points ?? [];
    expect(left).toBeLessThan(right ?? 0);
    expect(low).toBeGreaterThan(high ?? Infinity);
  });
});
