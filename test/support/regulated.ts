import { HandClock } from './hand-clock.js';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ClientActivities } from '../../src/telemetry/client-activity.js';
import { EventBus } from '../../src/telemetry/event-bus.js';
import { EventMap, Topic } from '../../src/telemetry/event-map.js';
import { Audit } from '../../src/kernel/ports/audit.js';
import { Log } from '../../src/kernel/log.js';
import { LeverName } from '../../src/kernel/ports/levers.js';
import { Sight } from '../../src/kernel/ports/regulator.js';
import {
  DeliveryView,
  ListenerVitals,
  InstanceVitals,
  PoolVitals,
  UnitVitals,
  Vitals,
} from '../../src/kernel/ports/vitals.js';
import { BoardLevers, LeverBoard } from '../../src/vsm/levers/lever-board.js';
import { FakedClock } from './fake-sink.js';

/** What regulators have around them, without a gateway; under Jest's fake timers. */
export class Regulated {
  readonly clock = new FakedClock();
  readonly failures: object[] = [];
  readonly bus = new EventBus(new EventEmitter2(), this.log);
  readonly leverWriter = new LeverBoard(this.bus, this.clock);
  readonly levers = new BoardLevers(this.leverWriter);
  readonly activity = new ClientActivities(new HandClock());

  get log(): Log {
    const note = (fields: object): void => void this.failures.push(fields);
    const log: Log = {
      level: 'warn',
      debug: () => undefined,
      info: () => undefined,
      warn: note,
      error: note,
      child: () => log,
    };
    return log;
  }

  value(lever: LeverName, target: string): unknown {
    return this.levers.now[lever].get(target);
  }

  /** Everything told of a topic from now on. */
  heard<T extends Topic>(topic: T): EventMap[T][] {
    const all: EventMap[T][] = [];
    this.bus.on(topic, payload => void all.push(payload));
    return all;
  }
}

/** Of a pool that nobody has asked for a lease. */
export const NO_CHECKOUTS = { checkouts: 0, checkoutMs: 0, recentCheckoutMs: 0 };

/** Vitals as a test says them. */
export class FakeVitals extends Vitals {
  draining = false;
  instanceList: InstanceVitals[] = [];
  unitList: UnitVitals[] = [];
  poolList: PoolVitals[] = [];
  circuitList: ReturnType<Vitals['circuits']> = [];

  load() {
    return { sessions: 0, callsInFlight: 0, relays: 0 };
  }
  pools() {
    return this.poolList;
  }
  circuits() {
    return this.circuitList;
  }
  instances() {
    return this.instanceList;
  }
  units() {
    return this.unitList;
  }
  placements() {
    return [];
  }
}

export function sightOf(vitals: Vitals, more: Partial<Sight> = {}): Sight {
  return { vitals, delivery: {} as DeliveryView, doors: {} as ListenerVitals, audit: {} as Audit, ...more };
}

export function instanceOf(id: string, more: Partial<InstanceVitals> = {}): InstanceVitals {
  const unit = id.split('/')[0]!;
  const flight = { inFlight: 0, oldestMs: 0, asking: 0 };
  const work = { answered: 0, busyMs: 0, compared: 0, comparedMs: 0, unloadedMs: 0, failed: 0, unopened: 0 };
  return { unit, instance: id, ...flight, ...work, ...more };
}

export function unitOf(unit: string, more: Partial<UnitVitals> = {}): UnitVitals {
  const idle = { inFlight: 0, waiting: 0, oldestWaitMs: 0, shed: 0, kinds: 0, entropyBits: 0, ownP99Ms: 0 };
  return { unit, ...idle, ...more };
}

/** Numbers from a seed (mulberry32), 0 ≤ n < 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
