import { Comparison, UnloadedLatency } from './unloaded-latency.js';

describe('UnloadedLatency', () => {
  let latencies: UnloadedLatency;
  let now: number;
  beforeEach(() => {
    latencies = new UnloadedLatency();
    now = 0;
  });

  /** For so long, ten answers of that kind per second. @returns how much longer they took than such calls do */
  function pass(ms: number, tool: string | undefined, tookMs: number, learns = true): number {
    const into: Comparison = { compared: 0, comparedMs: 0, unloadedMs: 0 };
    for (const end = now + ms; now < end; now += 100) latencies.note('tools/call', tool, tookMs, now, into, learns);
    return into.comparedMs / into.unloadedMs;
  }

  it('compares with nothing until it knows a kind', () => {
    expect(pass(1_000, 'a', 50)).toBeNaN();
    expect(pass(5_000, 'a', 50)).toBeCloseTo(1, 5);
    expect(pass(1_000, 'b', 50)).toBeNaN();
  });

  it('tells tools apart, and those from methods of their name', () => {
    pass(5_000, 'quick', 5);
    pass(5_000, 'slow', 5_000);
    pass(5_000, undefined, 100);
    expect(pass(2_000, 'quick', 10)).toBeGreaterThan(1.9);
    expect(pass(2_000, 'slow', 5_000)).toBeCloseTo(1, 5);
    expect(pass(2_000, undefined, 100)).toBeCloseTo(1, 5);
  });

  it('hardly takes a minute of load for what calls take without, nor anything under a limit', () => {
    pass(10_000, 'a', 50);
    expect(pass(60_000, 'a', 500)).toBeGreaterThan(9);
    expect(pass(600_000, 'a', 75, false)).toBeGreaterThan(1.3);
  });

  it('soon learns that calls are quicker, and in minutes that they take somewhat longer', () => {
    pass(10_000, 'a', 100);
    pass(20_000, 'a', 20);
    expect(pass(1_000, 'a', 20)).toBeCloseTo(1, 1);
    pass(180_000, 'a', 35);
    expect(pass(1_000, 'a', 35)).toBeCloseTo(1, 1);
  });

  it('knows a bounded number of kinds, and forgets what is not heard of any more for others', () => {
    pass(2_000, 'old', 50);
    for (let i = 0; i < 1_000; i++) pass(100, `made up ${i}`, 1);
    expect(pass(5_000, 'x'.repeat(1_000), 50)).toBeNaN();
    now += 61_000;
    pass(2_000, 'new', 50);
    expect(pass(1_000, 'new', 50)).toBeCloseTo(1, 5);
  });
});
