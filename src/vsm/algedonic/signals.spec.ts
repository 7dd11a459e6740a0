import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { Pain, Pleasure } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { Feeling, FoldedSignals } from './signals.js';

const FEELING: Feeling = {
  severity: 'moderate',
  source: 'instance',
  of: 'u1',
  message: 'It is out.',
  suggested_action: 'check_instance',
  context: { unit: 'u' },
};

describe('FoldedSignals', () => {
  const clock = new HeldClock();
  let signals: FoldedSignals;
  let counters: Counters;
  let told: (Pain | Pleasure)[];

  beforeEach(() => {
    clock.ms = 0;
    counters = new Counters();
    told = [];
    const bus = new EventBus(new EventEmitter2(), silentLog);
    bus.on('pain', pain => told.push(pain));
    bus.on('pleasure', pleasure => told.push(pleasure));
    signals = new FoldedSignals(bus, clock, counters);
  });

  const feel = (more: Partial<Feeling> = {}): void => signals.felt({ ...FEELING, ...more });
  const ease = (of = 'u1'): void => signals.eased('instance', of, 'It is back.');
  const pass = (ms: number): void => {
    for (const end = clock.ms + ms; clock.ms < end;) {
      clock.ms += 500;
      signals.tick();
    }
  };

  it('tells a pain at once, in the same turn', () => {
    feel();
    expect(told).toEqual([
      {
        ...FEELING,
        id: expect.stringMatching(/^[\w-]{12}$/),
        signal_type: 'pain',
        since: expect.any(String),
        timestamp: '1970-01-01T00:00:00.000Z',
        count: 1,
      },
    ]);
    expect(signals.open()).toEqual(told);
    expect(counters.pains.get('moderate')).toBe(1);
  });

  it('tells its end when it has been quiet for five seconds, with its id and the time until it was over', () => {
    feel();
    pass(3_000);
    ease();
    pass(4_500);
    expect(told).toHaveLength(1);
    pass(500);
    expect(told[1]).toEqual({
      ...{ id: told[0]!.id, signal_type: 'pleasure', severity: 'moderate', source: 'instance', of: 'u1' },
      ...{ message: 'It is back.', timestamp: '1970-01-01T00:00:08.000Z', recovery_time_ms: 3_000 },
    });
    expect(signals.open()).toEqual([]);
    expect(counters.pains.get('moderate')).toBe(0);
    pass(60_000);
    expect(told).toHaveLength(2);
  });

  it('folds what comes back each second into one pain, told each half minute, and one pleasure', () => {
    for (let i = 0; i < 60; i++) {
      feel();
      pass(500);
      ease();
      pass(500);
    }
    expect(told.map(signal => [signal.signal_type, 'count' in signal && signal.count])).toEqual([
      ['pain', 1],
      ['pain', 31],
    ]);
    pass(6_000);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(told.at(-1)).toMatchObject({ signal_type: 'pleasure', recovery_time_ms: 59_500 });
  });

  it('tells what was felt again in the meantime half a minute after the last time', () => {
    feel();
    feel();
    pass(29_500);
    expect(told).toHaveLength(1);
    pass(500);
    expect(told[1]).toMatchObject({ id: told[0]!.id, count: 2 });
    pass(300_000);
    expect(told).toHaveLength(2);
  });

  it('tells at once when it gets worse', () => {
    feel();
    feel({ severity: 'critical' });
    feel();
    expect(told.map(({ severity }) => severity)).toEqual(['moderate', 'critical']);
    expect([counters.pains.get('moderate'), counters.pains.get('critical')]).toEqual([0, 1]);
  });

  it('keeps apart what has another source or is about something else', () => {
    feel();
    feel({ of: 'u2' });
    feel({ source: 'circuit' });
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
    ease('u2');
    pass(5_500);
    expect(told.at(-1)).toMatchObject({ signal_type: 'pleasure', of: 'u2' });
    expect(signals.open()).toHaveLength(2);
  });

  it('lets fade what nobody says the end of', () => {
    feel({ fades: 10_000 });
    pass(8_000);
    feel({ fades: 10_000 });
    pass(9_500);
    expect(told).toHaveLength(1);
    pass(500);
    expect(told[1]).toMatchObject({ signal_type: 'pleasure', recovery_time_ms: 8_000 });
  });

  it('says nothing of the end of what did not hurt', () => {
    ease();
    pass(10_000);
    expect(told).toEqual([]);
  });

  it('holds no more than it may, and has room for what is critical', () => {
    for (let i = 0; i < 2_000; i++) feel({ of: `m${i}` });
    expect(signals.open()).toHaveLength(500);
    for (let i = 0; i < 2_000; i++) feel({ of: `c${i}`, severity: 'critical' });
    expect(signals.open()).toHaveLength(1_000);
    expect(signals.recent(10).map(({ of }) => of)).toEqual(Array.from({ length: 10 }, (_, i) => `c${499 - i}`));
    expect(signals.recent(1e9)).toHaveLength(200);
    expect(signals.recent(-1)).toEqual([]);
  });
});
