import { Clock } from '../kernel/clock.js';
import { OverheadSampler } from './overhead-sampler.js';

describe('OverheadSampler', () => {
  let now: number;
  let own: OverheadSampler;
  const clock: Clock = { now: () => now, elapsed: () => now };
  beforeEach(() => {
    now = 1_000;
    own = new OverheadSampler();
  });
  const pass = (ms: number): number | undefined => {
    own.begin(clock);
    now += ms;
    const took = own.passed(clock);
    own.end();
    return took;
  };

  it('measures one message of sixteen', () => {
    const measured = Array.from({ length: 160 }, () => pass(2)).filter(ms => ms !== undefined);
    expect(measured).toEqual(new Array(10).fill(2));
  });

  it('does not measure what is handed on later', () => {
    for (let i = 0; i < 16; i++) own.begin(clock);
    own.end();
    expect(own.passed(clock)).toBeUndefined();
  });

  it('tells the 99th percentile of the newest, by unit', () => {
    expect(own.p99('u')).toBe(0);
    for (let i = 1; i <= 100; i++) own.note('u', i);
    expect(own.p99('u')).toBe(100);
    for (let i = 1; i <= 512; i++) own.note('u', i <= 506 ? 1 : 50);
    expect(own.p99('u')).toBe(50);
    for (let i = 1; i <= 512; i++) own.note('u', 1);
    expect([own.p99('u'), own.p99('other')]).toEqual([1, 0]);
  });
});
