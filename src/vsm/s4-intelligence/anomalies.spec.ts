import { Dice } from '../../../load/lib/dice.js';
import { instanceOf } from '../../../test/support/regulated.js';
import { Counters } from '../../telemetry/counters.js';
import { InstanceVitals } from '../../kernel/ports/vitals.js';
import { Anomalies, Turned } from './anomalies.js';

const DAY = 86_400;

/** What happens in a second. */
interface Second {
  messages: number;
  calls: number;
  /** Median latency in ms. */
  latency: number;
  /** Share of calls that fail. */
  errors: number;
}

const CALM: Second = { messages: 200, calls: 40, latency: 20, errors: 0.001 };

/** A gateway with a unit of two instances, whose latencies are log-normal. */
class World {
  readonly dice: Dice;
  readonly counters = new Counters();
  readonly anomalies = new Anomalies(this.counters);
  seconds = 0;
  instances: InstanceVitals[] = ['u/1', 'u/2'].map(instance => instanceOf(instance));

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.anomalies.look(this.instances, 0);
  }

  pass({ messages, calls, latency, errors }: Second): Turned {
    const { dice, counters } = this;
    counters.messagesIn.add('websocket', dice.poisson(messages));
    const count = dice.poisson(calls);
    for (let i = 0; i < count; i++) {
      const instance = this.instances[i % 2]!;
      if (dice.next() < errors) {
        instance.failed++;
        counters.errors.add('unit_timeout');
        continue;
      }
      const ms = latency * Math.exp(0.5 * dice.normal());
      instance.answered++;
      instance.busyMs += ms;
      counters.observeCall('u', ms, 'websocket');
    }
    return this.anomalies.look(this.instances, ++this.seconds * 1000);
  }

  /** So many seconds of the same. @returns what began and ended, each with its second counted from here */
  run(seconds: number, second: Second): string[] {
    const told: string[] = [];
    for (let i = 1; i <= seconds; i++) {
      const { begun, ended } = this.pass(second);
      for (const { metric, of } of begun) told.push(`${i} +${metric} ${of}`);
      for (const { metric, of } of ended) told.push(`${i} -${metric} ${of}`);
    }
    return told;
  }
}

describe('anomalies', () => {
  it('are not found in a calm day, with its tides and its tails', () => {
    const world = new World(5);
    let alarms = 0;
    for (let second = 0; second < DAY; second++) {
      const tide = 1 - 0.9 * Math.cos((2 * Math.PI * second) / DAY);
      const { begun } = world.pass({
        messages: 200 * tide,
        calls: 8 * tide,
        latency: 20 + 10 * tide,
        errors: 0.002,
      });
      alarms += begun.length;
    }
    expect(alarms).toBeLessThanOrEqual(1);
  }, 120_000);

  it.each([1, 2, 3, 4, 5])('are latencies five times as long, within five seconds (seed %d)', seed => {
    const world = new World(seed);
    expect(world.run(300, CALM)).toEqual([]);
    const told = world.run(30, { ...CALM, latency: 100 });
    expect(told).toEqual([expect.stringMatching(/^[3-5] \+latency u$/)]);
    const [anomaly] = world.anomalies.present();
    expect(anomaly).toMatchObject({ metric: 'latency', of: 'u' });
    expect(anomaly!.value / anomaly!.expected).toBeGreaterThan(3);
    expect(anomaly!.score).toBeGreaterThan(6);
    expect(world.run(30, CALM)).toEqual([expect.stringMatching(/^\d+ -latency u$/)]);
    expect(world.anomalies.present()).toEqual([]);
  });

  it.each([1, 2, 3])('are ten times the traffic, and next to none (seed %d)', seed => {
    const world = new World(seed);
    world.run(300, CALM);
    expect(world.run(10, { ...CALM, messages: 2_000 })).toEqual(['3 +traffic ']);
    expect(world.run(10, CALM)).toEqual(['3 -traffic ']);
    expect(world.run(10, { ...CALM, messages: 0 })).toEqual(['3 +traffic ']);
    expect(world.anomalies.present()[0]!.score).toBeLessThan(-6);
  });

  it.each([1, 2, 3])('are calls of which one of ten fails, of the unit and of the gateway (seed %d)', seed => {
    const world = new World(seed);
    world.run(300, { ...CALM, calls: 200, errors: 0 });
    const told = world.run(10, { ...CALM, calls: 200, errors: 0.1 });
    expect(told).toEqual(['3 +error_rate ', '3 +error_rate u']);
    expect(world.run(10, { ...CALM, calls: 200, errors: 0 })).toEqual(['3 -error_rate ', '3 -error_rate u']);
  });

  it('are not found while it learns, which takes half a minute', () => {
    const world = new World(1);
    expect(world.run(27, CALM)).toEqual([]);
    expect(world.run(2, { ...CALM, latency: 500, messages: 9_000, errors: 0.5 })).toEqual([]);
    const other = new World(1);
    other.run(30, CALM);
    expect(other.run(5, { ...CALM, latency: 500 })).toEqual(['3 +latency u']);
  });

  it('are not what is improbable and does not matter', () => {
    const world = new World(1);
    world.run(300, { messages: 2, calls: 20, latency: 1, errors: 0 });
    expect(world.run(100, { messages: 60, calls: 20, latency: 8, errors: 0.01 })).toEqual([]);
  });

  it('are not what has always come and gone', () => {
    const world = new World(1);
    for (let i = 0; i < 600; i++) {
      const rare = world.dice.next() < 0.3;
      const { begun } = world.pass({ ...CALM, latency: rare ? 500 : 20 });
      expect(begun).toEqual([]);
    }
  });

  it('become what is normal after ten minutes, and what was normal is then one', () => {
    const world = new World(1);
    world.run(300, CALM);
    expect(world.run(700, { ...CALM, messages: 2_000 })).toEqual(['3 +traffic ', '603 -traffic ']);
    expect(world.run(10, { ...CALM, messages: 200 })).toEqual(['3 +traffic ']);
  });

  it('are over when nothing is heard of a unit for a minute, or it is gone', () => {
    const world = new World(1);
    world.run(300, CALM);
    world.run(10, { ...CALM, latency: 500 });
    expect(world.run(70, { ...CALM, calls: 0 })).toEqual([expect.stringMatching(/^\d+ -latency u$/)]);
    world.run(10, { ...CALM, latency: 500 });
    world.instances = [];
    const { begun, ended } = world.anomalies.look([], 1e6);
    expect([begun, ended]).toMatchObject([[], [{ metric: 'latency', of: 'u' }]]);
  });

  it('take no harm from an instance that leaves with its totals', () => {
    const world = new World(1);
    world.run(300, { ...CALM, errors: 0.01 });
    world.instances = world.instances.slice(1).map(each => ({ ...each }));
    expect(world.anomalies.look(world.instances, 301_000)).toEqual({ begun: [], ended: [] });
  });
});
