import { EventEmitter2 } from '@nestjs/event-emitter';
import { HandClock } from '../../../test/support/hand-clock.js';
import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap, Topic } from '../../telemetry/event-map.js';
import { Counters } from '../../telemetry/counters.js';
import { Log } from '../../kernel/log.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { S4Intelligence } from './s4-intelligence.js';

const settings = { interval: 500, reportInterval: 10_000, client: { connections: 5, messagesPerSecond: 100 } };

class LoggedErrors extends Log {
  level = 'error';
  readonly errors: object[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(fields: object): void {
    this.errors.push(fields);
  }
  child(): Log {
    return this;
  }
}

describe('S4', () => {
  const [clock, log, counters, activity] = [
    new HandClock(),
    new LoggedErrors(),
    new Counters(),
    new ClientActivities(new HandClock()),
  ];
  const bus = new EventBus(new EventEmitter2(), log);
  const s4 = new S4Intelligence({ counters, activity, bus }, settings, clock, log);
  let isBroken = false;
  const defective = (): never => {
    throw new Error('defective');
  };
  const sight = {
    vitals: { pools: () => [], instances: () => (isBroken ? defective() : []) },
    delivery: {
      delivery: () => (isBroken ? defective() : { sessions: 0, queued: 0, inWindow: 0, bytes: 0, slowest: [] }),
    },
  } as unknown as Sight;

  beforeAll(() => s4.start(sight));
  afterAll(() => s4.stop());

  /** So many half seconds. @returns what is told in the meantime on a topic */
  function pass<T extends Topic>(looks: number, topic: T, doing: () => void = () => undefined): EventMap[T][] {
    const told: EventMap[T][] = [];
    const end = bus.on(topic, payload => told.push(payload));
    for (let i = 0; i < looks; i++) {
      doing();
      clock.pass(500);
      s4.tick();
    }
    end();
    return told;
  }

  it('reports every ten seconds, and keeps the newest', () => {
    expect(s4.reports.latest()).toBeUndefined();
    counters.connections.add('websocket', 2);
    const told = pass(40, 'gateway_metrics', () => counters.messagesIn.add('websocket', 5));
    expect(told).toHaveLength(2);
    expect(told[1]!.data).toMatchObject({ active_connections: 2, message_rate: 10 });
    expect(s4.reports.latest()).toBe(told[1]);
  });

  it('tells with each what it expects', () => {
    const told = pass(20, 'load_forecast', () => counters.messagesIn.add('websocket', 5));
    expect(told).toEqual([
      { metric: 'connections', now: 2, expected: expect.any(Number), horizonMs: 60_000 },
      { metric: 'messages', now: 10, expected: expect.closeTo(10, 6), horizonMs: 60_000 },
    ]);
    expect(s4.reports.forecasts()).toEqual(told);
  });

  it('tells of a flood within two looks, until it is over', () => {
    const flood = (): void => {
      activity.of('a').messages += 5_000;
      activity.of('a').refused += 4_900;
    };
    expect(pass(2, 'usage_pattern', flood)).toMatchObject([{ client: 'a', pattern: 'message_flood', present: true }]);
    expect(s4.reports.patterns()).toHaveLength(1);
    expect(pass(20, 'usage_pattern')).toMatchObject([{ client: 'a', pattern: 'message_flood', present: false }]);
    expect(s4.reports.patterns()).toEqual([]);
  });

  it('takes the thresholds of a policy', () => {
    const constraints = { pattern_message_flood: 1_000 };
    bus.emit('policy_update', { scope: 'gateway', version: 2, constraints, why: 'test' });
    const flood = (): void => {
      activity.of('b').messages += 5_000;
      activity.of('b').refused += 10;
    };
    expect(pass(4, 'usage_pattern', flood)).toEqual([]);
    bus.emit('policy_update', { scope: 'gateway', version: 3, constraints: {}, why: 'test' });
    expect(pass(1, 'usage_pattern', flood)).toHaveLength(1);
  });

  it('tells of an anomaly once, and of its end', () => {
    pass(200, 'gateway_metrics', () => counters.messagesIn.add('websocket', 50));
    const begun = pass(20, 'anomaly_detected', () => counters.messagesIn.add('websocket', 5_000));
    expect(begun).toMatchObject([{ metric: 'traffic', of: '', value: 10_000, expected: 100 }]);
    expect(s4.reports.anomalies()).toEqual(begun);
    const ended = pass(20, 'anomaly_ended', () => counters.messagesIn.add('websocket', 50));
    expect(ended).toEqual([{ metric: 'traffic', of: '', lastedMs: expect.any(Number) }]);
    expect(s4.reports.anomalies()).toEqual([]);
  });

  it('goes on where a reading is defective, and says so', () => {
    isBroken = true;
    expect(pass(20, 'gateway_metrics')).toHaveLength(1);
    const logged = (task: string): object[] => log.errors.filter(each => (each as { task: string }).task === task);
    // Ten looks, of which the first, second, fourth and eighth are told.
    expect(logged('anomalies')).toMatchObject(
      [1, 2, 4, 8].map(failures => ({ failures, err: new Error('defective') })),
    );
    expect(logged('slow consumers')).toMatchObject([1, 2, 4].map(failures => ({ failures })));
  });
});
