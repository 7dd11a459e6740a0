import { Budget, Share } from '../../kernel/budget.js';
import { SlowConsumer } from './slow-consumer.js';

const Ki = 1024;
const Mi = 1024 * Ki;
const MUCH = 64 * Ki + 1;

describe('SlowConsumer', () => {
  let budget: Budget;
  let slowConsumer: SlowConsumer;

  beforeEach(() => {
    jest.useFakeTimers();
    // A clock that stands at 0 is one that nobody has ever read.
    pass(1);
    budget = new Budget(100 * Mi);
    slowConsumer = new SlowConsumer(budget);
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms: number): unknown => jest.advanceTimersByTime(ms);

  it('counts what waits now as used', () => {
    const other = new SlowConsumer(budget);
    slowConsumer.note(1_000);
    other.note(500);
    slowConsumer.note(200);
    expect(budget.used).toBe(700);
    slowConsumer.note(0);
    other.note(0);
    expect(budget.used).toBe(0);
  });

  it('is too much beyond 16 Mi, at once', () => {
    expect([slowConsumer.note(16 * Mi), slowConsumer.note(16 * Mi + 1), slowConsumer.note(16 * Mi)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('may be much for as long as it takes while there is enough for all', () => {
    expect(slowConsumer.note(10 * Mi)).toBe(false);
    pass(3_600_000);
    expect(slowConsumer.note(10 * Mi)).toBe(false);
  });

  describe('while there is not enough for all', () => {
    let others: Share;
    beforeEach(() => (others = budget.share()).set(100 * Mi));

    it('is too much when it is much for more than a second', () => {
      expect(slowConsumer.note(MUCH)).toBe(false);
      pass(1_000);
      expect(slowConsumer.note(10 * Mi)).toBe(false);
      pass(1);
      expect(slowConsumer.note(MUCH)).toBe(true);
    });

    it('is not too much for one who takes it in between', () => {
      for (let i = 0; i < 10; i++) {
        expect([slowConsumer.note(MUCH), slowConsumer.note(64 * Ki)]).toEqual([false, false]);
        pass(900);
      }
      pass(60_000);
      expect(slowConsumer.note(64 * Ki)).toBe(false);
    });

    it('is no more than that once there is', () => {
      slowConsumer.note(MUCH);
      pass(2_000);
      others.set(0);
      expect(slowConsumer.note(MUCH)).toBe(false);
      others.set(100 * Mi);
      expect(slowConsumer.note(MUCH)).toBe(true);
    });
  });

  it('has been much since before others used up what there is', () => {
    slowConsumer.note(MUCH);
    pass(1_001);
    budget.share().set(100 * Mi);
    expect(slowConsumer.note(MUCH)).toBe(true);
  });
});
