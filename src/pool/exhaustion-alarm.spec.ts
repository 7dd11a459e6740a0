import { silentBus } from '../../test/support/fake-instance.js';
import { SystemClock } from '../kernel/clock.js';
import { ExhaustionAlarm, Measured } from './exhaustion-alarm.js';

describe('ExhaustionAlarm', () => {
  const instance = { id: 'unit/a', unit: 'unit' };
  let pool: { -readonly [K in keyof Measured]: Measured[K] };
  let alarm: ExhaustionAlarm;
  let told: unknown[];

  beforeEach(() => {
    jest.useFakeTimers();
    pool = { instance, inUse: 0, waiting: 0, size: 80, overflow: 20, limit: 100 };
    told = [];
    const bus = silentBus();
    bus.on('pool_exhausted', fact => told.push(fact));
    bus.on('pool_relieved', fact => told.push(fact));
    alarm = new ExhaustionAlarm(pool, bus, new SystemClock());
  });
  afterEach(() => jest.useRealTimers());

  const use = (inUse: number): void => {
    pool.inUse = inUse;
    alarm.check();
  };
  const exhausted = { unit: 'unit', instance: 'unit/a', inUse: 96, waiting: 0, size: 80, overflow: 20 };

  it('tells at once that more than 95 % are in use, and tells it once', () => {
    use(95);
    expect(told).toEqual([]);
    use(96);
    expect(told).toEqual([exhausted]);
    for (const inUse of [97, 91, 100, 90, 96]) use(inUse);
    expect(told).toEqual([exhausted]);
  });

  it('tells that less than 90 % are when that has lasted a moment, and how long there were more', () => {
    use(96);
    jest.advanceTimersByTime(1_000);
    use(90);
    jest.advanceTimersByTime(1_000);
    use(89);
    jest.advanceTimersByTime(249);
    expect(told).toEqual([exhausted]);
    use(50);
    jest.advanceTimersByTime(1);
    expect(told).toEqual([exhausted, { unit: 'unit', instance: 'unit/a', inUse: 50, exhaustedMs: 2_000 }]);
    use(99);
    expect(told).toHaveLength(3);
  });

  it('is not relieved by leases that come and go with each call', () => {
    use(100);
    for (let i = 0; i < 20; i++) {
      use(80);
      jest.advanceTimersByTime(200);
      use(i % 2 ? 96 : 92);
    }
    jest.advanceTimersByTime(1_000);
    expect(told).toHaveLength(1);
  });

  it('goes by the limit there is now', () => {
    use(50);
    pool.limit = 50;
    alarm.check();
    expect(told).toEqual([{ ...exhausted, inUse: 50 }]);
  });

  it('is relieved when the pool ends, and leaves no timer behind', () => {
    use(100);
    use(0);
    alarm.end();
    expect(told).toHaveLength(2);
    alarm.end();
    expect([told.length, jest.getTimerCount()]).toEqual([2, 0]);
  });
});
