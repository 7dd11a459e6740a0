import { Budget, Share } from '../../kernel/budget.js';
import { Unsent } from './slow-consumer.js';

const Ki = 1024;
const Mi = 1024 * Ki;
const MUCH = 64 * Ki + 1;

describe('Unsent', () => {
  let budget: Budget;
  let unsent: Unsent;

  beforeEach(() => {
    jest.useFakeTimers();
    // A clock that stands at 0 is one that nobody has ever read.
    pass(1);
    budget = new Budget(100 * Mi);
    unsent = new Unsent(budget);
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms: number): unknown => jest.advanceTimersByTime(ms);

  it('counts what waits now as used', () => {
    const other = new Unsent(budget);
    unsent.note(1_000);
    other.note(500);
    unsent.note(200);
    expect(budget.used).toBe(700);
    unsent.note(0);
    other.note(0);
    expect(budget.used).toBe(0);
  });

  it('is too much beyond 16 Mi, at once', () => {
    expect([unsent.note(16 * Mi), unsent.note(16 * Mi + 1), unsent.note(16 * Mi)]).toEqual([false, true, false]);
  });

  it('may be much for as long as it takes while there is enough for all', () => {
    expect(unsent.note(10 * Mi)).toBe(false);
    pass(3_600_000);
    expect(unsent.note(10 * Mi)).toBe(false);
  });

  describe('while there is not enough for all', () => {
    let others: Share;
    beforeEach(() => (others = budget.share()).set(100 * Mi));

    it('is too much when it is much for more than a second', () => {
      expect(unsent.note(MUCH)).toBe(false);
      pass(1_000);
      expect(unsent.note(10 * Mi)).toBe(false);
      pass(1);
      expect(unsent.note(MUCH)).toBe(true);
    });

    it('is not too much for one who takes it in between', () => {
      for (let i = 0; i < 10; i++) {
        expect([unsent.note(MUCH), unsent.note(64 * Ki)]).toEqual([false, false]);
        pass(900);
      }
      pass(60_000);
      expect(unsent.note(64 * Ki)).toBe(false);
    });

    it('is no more than that once there is', () => {
      unsent.note(MUCH);
      pass(2_000);
      others.set(0);
      expect(unsent.note(MUCH)).toBe(false);
      others.set(100 * Mi);
      expect(unsent.note(MUCH)).toBe(true);
    });
  });

  it('has been much since before others used up what there is', () => {
    unsent.note(MUCH);
    pass(1_001);
    budget.share().set(100 * Mi);
    expect(unsent.note(MUCH)).toBe(true);
  });
});
