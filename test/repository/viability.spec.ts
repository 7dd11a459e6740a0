import { chart } from '../../load/viability/chart.js';
import { CAP, failed, figuresOf, goodput, Item, p99, recovery, series } from '../../load/viability/figures.js';
import { complaints, judge, VERDICTS } from '../../load/viability/judge.js';
import { placed } from '../../load/viability/page.js';

const SECOND = 1_000;

/** A hundred items a second; `tookAt` says how long the one that is due then takes. */
function items(seconds: number, tookAt: (due: number) => number | null): Item[] {
  return Array.from({ length: seconds * 100 }, (_, i) => [i * 10, tookAt(i * 10)]);
}

const between =
  (from: number, to: number, took: number | null) =>
  (due: number): number | null =>
    due >= from * SECOND && due < to * SECOND ? took : 20;

describe('the figures of viability', () => {
  it('count what came within the deadline, in the second in which it was due', () => {
    const slow = items(4, between(1, 2, 1_001));
    expect(goodput(slow, 0, 4 * SECOND)).toBe(75);
    expect(series(slow, 0, 4 * SECOND, SECOND)).toEqual([100, 0, 100, 100]);
    expect(
      goodput(
        items(1, () => 1_000),
        0,
        SECOND,
      ),
    ).toBe(100);
  });

  it('count as failed only what never came', () => {
    expect(failed(items(2, between(1, 2, 5_000)), 0, 2 * SECOND)).toBe(0);
    expect(failed(items(2, between(1, 2, null)), 0, 2 * SECOND)).toBe(100);
  });

  it('take what never came, or later than the cap, for the cap', () => {
    expect(
      p99(
        items(1, due => (due < 20 ? null : 20)),
        0,
        SECOND,
      ),
    ).toBeGreaterThan(20);
    expect(
      p99(
        items(1, () => null),
        0,
        SECOND,
      ),
    ).toBe(CAP);
    expect(
      p99(
        items(1, () => 3 * CAP),
        0,
        SECOND,
      ),
    ).toBe(CAP);
    expect(
      p99(
        items(1, () => 30),
        0,
        SECOND,
      ),
    ).toBe(30);
  });

  describe('time to recover', () => {
    const after = (list: Item[]): number => recovery(list, { from: 0, to: list.length * 10, calm: 100 });

    it('is nothing where goodput never fell', () => expect(after(items(10, () => 20))).toBe(0));

    it('ends when goodput is back', () => {
      expect(after(items(10, between(0, 3, null)))).toBeGreaterThan(2_800);
      expect(after(items(10, between(0, 3, null)))).toBeLessThanOrEqual(3_000);
    });

    it('does not end before the last time that it falls', () => {
      const twice = items(20, due => between(0, 1, null)(due) && between(9, 10, null)(due));
      expect(after(twice)).toBeGreaterThan(9_800);
      expect(after(twice)).toBeLessThanOrEqual(10_000);
    });

    it('counts from the disturbance also where goodput falls later', () => {
      expect(after(items(10, between(4, 5, null)))).toBeLessThanOrEqual(5_000);
      expect(after(items(10, between(4, 5, null)))).toBeGreaterThan(4_800);
    });

    it('overlooks less than 5 % in two seconds', () => {
      expect(after(items(10, due => (due % 500 === 0 ? null : 20)))).toBe(0);
      expect(after(items(10, due => (due % 100 === 0 ? null : 20)))).toBe(Infinity);
    });

    it('is infinite where goodput is not back at the end', () =>
      expect(after(items(10, between(5, 10, null)))).toBe(Infinity));
  });

  it('are put together for a run', () => {
    const run = items(20, between(8, 12, null));
    const figures = figuresOf(run, { calm: 2_000, disturbed: 8_000, recovering: 16_000, end: 20_000 });
    expect(figures).toMatchObject({
      calm: 100,
      calmShare: 1,
      goodput: 50,
      share: 0.5,
      due: 800,
      failed: 400,
      failedShare: 0.5,
    });
    expect(figures).toMatchObject({ p99: CAP, calmP99: 20 });
    expect(figures.recovery).toBeGreaterThan(3_800);
    expect(figures.recovery).toBeLessThanOrEqual(4_000);
  });
});

describe('the judgement', () => {
  const well = { calmShare: 1, calmP99: 20, share: 0.99, p99: 100, failedShare: 0, recovery: 0 };
  const ill = { calmShare: 1, calmP99: 20, share: 0.6, p99: CAP, failedShare: 0.2, recovery: Infinity };

  it('says better where it is', () =>
    expect(judge([well], [ill])).toEqual({
      verdict: VERDICTS.better,
      better: ['goodput', 'p99', 'failed', 'recovery'],
      worse: [],
      though: [],
    }));

  it('does not count against more goodput what was not good on the other side either', () => {
    const refusing = { ...well, p99: CAP, failedShare: 0.05 };
    const late = { ...ill, p99: 6_000, failedShare: 0 };
    expect(judge([refusing], [late])).toMatchObject({ verdict: VERDICTS.better, worse: [], though: ['p99', 'failed'] });
    expect(judge([{ ...refusing, share: 0.6 }], [late]).worse).toEqual(['p99', 'failed']);
  });

  it('says worse where one figure is, whatever the others are', () => {
    const mixed = { ...well, p99: 900 };
    expect(judge([mixed], [{ ...ill, p99: 300 }])).toMatchObject({ verdict: VERDICTS.worse, worse: ['p99'] });
  });

  it('takes small differences for noise, and what rounds differ by among themselves', () => {
    const elsewhere = { ...well, p99: 300, calmP99: 250 };
    expect(judge([elsewhere], [well]).verdict).toBe(VERDICTS.equal);
    const near = { calmShare: 1, calmP99: 20, share: 0.98, p99: 120, failedShare: 0.001, recovery: 900 };
    expect(judge([near], [well]).verdict).toBe(VERDICTS.equal);
    const restless = [0.7, 0.85, 1].map(share => ({ ...well, share }));
    expect(judge(restless, [well, well, well]).verdict).toBe(VERDICTS.equal);
    expect(judge([ill], [ill]).verdict).toBe(VERDICTS.equal);
  });

  it('complains of what is worse, and of goodput that is not held', () => {
    const result = { name: 'slow', held: true, on: [{ ...well, share: 0.94 }], off: [ill] };
    expect(complaints([result])).toEqual(['slow: goodput with regulation is 94.0 % of that in calm']);
    expect(complaints([{ ...result, held: false }])).toEqual([]);
    expect(complaints([{ name: 'storm', held: false, on: [ill], off: [well] }])).toEqual([
      'storm: regulation is worse in goodput, p99, failed, recovery',
    ]);
    expect(complaints([{ ...result, held: false, off: [{ ...ill, calmShare: 0.9 }] }])).toEqual([
      'slow: in 1 runs the calm phase was none; the machine has other work to do',
    ]);
  });
});

describe('the page', () => {
  const marked = (report: string): string => `<!-- viability:begin -->\n\n${report}\n\n<!-- viability:end -->`;

  it('gets the report at its end, and a later one in its place', () => {
    const page = placed('# Title\n\ntext\n', 'first');
    expect(page).toBe(`# Title\n\ntext\n\n${marked('first')}\n`);
    expect(placed(`${page}more\n`, 'second')).toBe(`# Title\n\ntext\n\n${marked('second')}\nmore\n`);
  });
});

describe('the picture', () => {
  it('shows both sides and the disturbance of each panel, in well-formed XML', () => {
    const panel = {
      name: 'one',
      title: 'a < b & c',
      from: 2,
      to: 3,
      on: [100, 100, 90, 100, 100],
      off: [100, 100, 10, 0, 500],
    };
    const svg = chart([panel, panel, panel], 'a machine');
    expect(svg.match(/<polyline /g)).toHaveLength(6);
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<g /g)).toHaveLength(svg.match(/<\/g>/g)!.length);
  });
});
