import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { Instance } from '../kernel/ports/unit.js';
import { InstanceHealth } from './instance-health.js';

class HeldClock extends Clock {
  time = 1_000;

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }
}

const a = { id: 'unit/a', unit: 'unit' } as Instance;
const b = { id: 'unit/b', unit: 'unit' } as Instance;

describe('InstanceHealth', () => {
  let clock: HeldClock;
  let health: InstanceHealth;
  let facts: unknown[];

  beforeEach(() => {
    clock = new HeldClock();
    const bus = new EventBus(new EventEmitter2(), {} as Log);
    facts = [];
    bus.on('instance_out', fact => facts.push({ out: fact }));
    bus.on('instance_back', fact => facts.push({ back: fact }));
    health = new InstanceHealth({ fall: 3, rise: 2 }, bus, clock);
  });

  /** One result after the other: `x` is a failure, `.` a success; the state after each, `-` is out. */
  function states(results: string, instance = a): string {
    return [...results]
      .map(result => {
        if (result === 'x') health.failed(instance);
        else health.succeeded(instance);
        return health.isOut(instance) ? '-' : '+';
      })
      .join('');
  }

  it.each([
    ['xx.xx.xx', '++++++++'],
    ['xxx', '++-'],
    ['..xxxxx', '++++---'],
    ['xxx.x.x.', '++------'],
    ['xxx..', '++--+'],
    ['xxx..xx.xxx', '++--+++++' + '+-'],
    ['xxx.xx..', '++-----+'],
  ])('takes %s as %s', (results, expected) => {
    expect(states(results)).toBe(expected);
  });

  it('tells when an instance goes out and when it is back, once each', () => {
    states('xxxxx');
    clock.time += 4_321;
    states('.....');
    expect(facts).toEqual([
      { out: { unit: 'unit', instance: 'unit/a', failures: 3 } },
      { back: { unit: 'unit', instance: 'unit/a', outMs: 4_321 } },
    ]);
  });

  it('keeps instances apart', () => {
    states('xx', a);
    states('xx.', b);
    expect(states('x', a)).toBe('-');
    expect(health.isOut(b)).toBe(false);
  });

  it('forgets', () => {
    states('xxx');
    health.forget(a);
    expect(health.isOut(a)).toBe(false);
    expect(states('..xx')).toBe('++++');
    expect(facts).toHaveLength(1);
  });

  it('holds nothing against another instance of the same id', () => {
    states('xxx');
    expect(health.isOut({ ...a } as Instance)).toBe(false);
  });
});
