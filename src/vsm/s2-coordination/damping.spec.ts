import { Damping } from './damping.js';

const SETTINGS = { penalty: 1_000, suppress: 2_000, reuse: 750, halfLife: 15_000, longest: 60_000, pause: 1_000 };

describe('Damping', () => {
  let damping: Damping;
  beforeEach(() => (damping = new Damping(SETTINGS)));

  const flipEach = (ms: number, times: number, from = 0): void => {
    for (let i = 0; i < times; i++) damping.flip('a', from + i * ms);
  };

  it('adds a penalty for each flip, and halves it with time', () => {
    damping.flip('a', 0);
    expect(damping.standing('a', 0)).toEqual({ penalty: 1_000, flips: 1, reuseMs: 0 });
    expect(damping.standing('a', 15_000).penalty).toBe(500);
    damping.flip('a', 15_000);
    expect(damping.standing('a', 15_000)).toEqual({ penalty: 1_500, flips: 2, reuseMs: 0 });
  });

  it('suppresses what flips each second with the third flip', () => {
    flipEach(1_000, 2);
    expect(damping.isSuppressed('a')).toBe(false);
    damping.flip('a', 2_000);
    expect(damping.isSuppressed('a')).toBe(true);
    expect(damping.standing('a', 2_000).penalty).toBe(2_867);
  });

  it.each([
    ['each 14 s, in the end', 14_000, true],
    ['each 15 s, never', 15_000, false],
    ['each minute, never', 60_000, false],
  ])('suppresses what flips %s', (_what, ms, suppressed) => {
    for (let i = 0; i < 50; i++) {
      damping.flip('a', i * ms);
      damping.advance(i * ms);
      if (damping.isSuppressed('a')) return expect(suppressed).toBe(true);
    }
    expect(suppressed).toBe(false);
  });

  it('uses it again when the penalty has fallen far enough, and says beforehand when', () => {
    flipEach(1_000, 3);
    const { reuseMs } = damping.standing('a', 2_000);
    expect(reuseMs).toBeGreaterThan(28_000);
    expect(reuseMs).toBeLessThan(30_000);
    expect(damping.advance(2_000 + reuseMs - 2)).toEqual([]);
    expect(damping.advance(2_000 + reuseMs)).toEqual(['a']);
    expect(damping.isSuppressed('a')).toBe(false);
    expect(damping.advance(2_000 + reuseMs)).toEqual([]);
  });

  it('suppresses nothing for longer than allowed after its last flip, however much it flips', () => {
    flipEach(1_000, 10_000);
    expect(damping.standing('a', 9_999_000).reuseMs).toBe(60_000);
    expect(damping.advance(9_999_000 + 59_990)).toEqual([]);
    expect(damping.advance(9_999_000 + 60_001)).toEqual(['a']);
  });

  it('lets it come back on trial: one flip is enough, and then it takes longest', () => {
    flipEach(1_000, 3);
    const backAt = 2_000 + damping.standing('a', 2_000).reuseMs;
    damping.advance(backAt);
    damping.flip('a', backAt + 1_000);
    expect(damping.isSuppressed('a')).toBe(true);
    expect(damping.standing('a', backAt + 1_000).reuseMs).toBe(60_000);
  });

  it('forgets what has been calm, and then begins anew', () => {
    flipEach(1_000, 3);
    const backAt = 2_000 + damping.standing('a', 2_000).reuseMs;
    damping.advance(backAt);
    damping.advance(backAt + 14_000);
    expect(damping.size).toBe(1);
    damping.advance(backAt + 15_100);
    expect(damping.size).toBe(0);
    damping.flip('a', backAt + 20_000);
    expect(damping.standing('a', backAt + 20_000)).toEqual({ penalty: 1_000, flips: 1, reuseMs: 0 });
  });

  it('forgets after one flip too', () => {
    damping.flip('a', 0);
    damping.advance(21_000);
    expect(damping.size).toBe(1);
    damping.advance(22_000);
    expect(damping.size).toBe(0);
  });

  it('counts flips within a second once', () => {
    for (let ms = 0; ms < 1_000; ms += 10) damping.flip('a', ms);
    expect(damping.standing('a', 1_000).flips).toBe(1);
    expect(damping.flip('a', 1_000)).toBe(true);
  });

  it('keeps things apart, and names the worst first', () => {
    flipEach(1_000, 3);
    for (let i = 0; i < 5; i++) damping.flip('b', i * 1_000);
    damping.flip('c', 5_000);
    expect(damping.suppressed(5_000)).toEqual(['b', 'a']);
    damping.forget('b');
    expect(damping.suppressed(5_000)).toEqual(['a']);
  });

  it('remembers no more than it may', () => {
    damping = new Damping(SETTINGS, 100);
    for (let i = 0; i < 1_000; i++) damping.flip(`thing ${i}`, i);
    expect(damping.size).toBe(100);
    expect(damping.standing('thing 999', 1_000).flips).toBe(1);
  });
});
