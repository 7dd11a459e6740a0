import { Budget } from './budget.js';

describe('Budget', () => {
  it('adds up what each buffer holds now', () => {
    const budget = new Budget(100);
    const [one, other] = [budget.share(), budget.share()];
    const used = [
      [one, 30],
      [other, 50],
      [one, 10],
      [one, 10],
      [other, 0],
      [other, 0],
      [one, 0],
    ] as const;
    expect(used.map(([share, bytes]) => (share.set(bytes), budget.used))).toEqual([30, 80, 60, 60, 10, 10, 0]);
  });

  it('is spent from its limit on, and not for longer than it is used', () => {
    const budget = new Budget(100);
    const [one, other] = [budget.share(), budget.share()];
    one.set(60);
    other.set(39);
    expect(budget.spent).toBe(false);
    other.set(40);
    expect(budget.spent).toBe(true);
    other.set(1_000);
    expect([budget.spent, budget.used]).toEqual([true, 1_060]);
    other.set(0);
    expect([budget.spent, budget.used]).toEqual([false, 60]);
  });
});
