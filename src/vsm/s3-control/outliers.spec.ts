import { FakeVitals, instanceOf, Regulated, sightOf } from '../../../test/support/regulated.js';
import { Outliers } from './outliers.js';

const TICK = 500;

/** An instance that answers each call after so many ms; `latency` may change while it works. */
class Served {
  readonly flights: { sentAt: number; endsAt: number; fails: boolean }[] = [];
  answered = 0;
  busyMs = 0;
  failed = 0;
  failing = false;

  constructor(
    readonly id: string,
    public latency: number,
  ) {}

  call(now: number, took = this.latency): void {
    this.flights.push({ sentAt: now, endsAt: now + took, fails: this.failing });
  }

  vitals(now: number) {
    for (const flight of this.flights.filter(({ endsAt }) => endsAt <= now)) {
      this.flights.splice(this.flights.indexOf(flight), 1);
      if (flight.fails) this.failed++;
      else this.answered++;
      if (!flight.fails) this.busyMs += flight.endsAt - flight.sentAt;
    }
    const oldestMs = this.flights.length > 0 ? now - Math.min(...this.flights.map(({ sentAt }) => sentAt)) : 0;
    const { id, answered, busyMs, failed } = this;
    return instanceOf(id, { inFlight: this.flights.length, oldestMs, answered, busyMs, failed });
  }
}

describe('Outliers', () => {
  let world: Regulated;
  let vitals: FakeVitals;
  let outliers: Outliers;
  let farm: Served[];

  beforeEach(() => {
    jest.useFakeTimers();
    world = new Regulated();
    vitals = new FakeVitals();
    outliers = new Outliers(world.leverWriter, world.levers, world.clock);
    farm = ['u/a', 'u/b', 'u/c'].map(id => new Served(id, 5));
  });
  afterEach(() => jest.useRealTimers());

  const drained = (): string[] => [...world.levers.now.drained.keys()];

  /** Calls come at an even pace and are dealt in turn to those that are not drained. @returns ms until `done`, or all of it */
  function run(ms: number, perSecond = 10, done = (): boolean => false): number {
    let dealt = 0;
    let turn = 0;
    for (let passed = 0; passed < ms; passed += TICK) {
      for (let at = passed; at < passed + TICK; at += 10) {
        jest.advanceTimersByTime(10);
        for (; dealt < ((at + 10) * perSecond) / 1_000; dealt++) {
          const open = farm.filter(({ id }) => !drained().includes(id));
          open[turn++ % open.length]!.call(Date.now());
        }
      }
      vitals.instanceList = farm.map(one => one.vitals(Date.now()));
      outliers.tick(sightOf(vitals));
      if (done()) return passed + TICK;
    }
    return ms;
  }

  it('drains one of three within 1.5 s of its jump from 5 ms to 5 s, at ten calls a second', () => {
    run(10_000);
    farm[1]!.latency = 5_000;
    expect(run(5_000, 10, () => drained().length > 0)).toBeLessThanOrEqual(1_500);
    expect(drained()).toEqual(['u/b']);
    expect(world.leverWriter.setting('s3', 'drained', 'u/b')!.why).toMatch(/calls in flight are older than 250 ms/);
  });

  it('sees a slowness that is answered too, and one of two', () => {
    farm.pop();
    run(10_000);
    farm[0]!.latency = 700;
    expect(run(10_000, 10, () => drained().length > 0)).toBeLessThanOrEqual(4_000);
    expect(drained()).toEqual(['u/a']);
  });

  it('lets all be slow together', () => {
    run(10_000);
    for (const one of farm) one.latency = 5_000;
    run(30_000);
    expect(drained()).toEqual([]);
  });

  it('leaves a single instance alone, and those without peers that anything is known of', () => {
    farm = [new Served('u/a', 5)];
    run(5_000);
    farm[0]!.latency = 5_000;
    run(10_000);
    expect(drained()).toEqual([]);
  });

  it('does not mind a call that takes a minute by nature, nor two among others', () => {
    run(10_000);
    farm[0]!.call(Date.now(), 60_000);
    run(30_000);
    farm[0]!.call(Date.now(), 60_000);
    run(60_000);
    expect(drained()).toEqual([]);
  });

  it('does not mind long calls that stay, while the others are answered quickly', () => {
    run(10_000);
    for (let i = 0; i < 5; i++) farm[0]!.call(Date.now(), 60_000);
    run(60_000, 30);
    expect(drained()).toEqual([]);
  });

  it('has no opinion of latencies that jitter, and of instances that begin', () => {
    let seed = 7;
    for (const one of farm) {
      Object.defineProperty(one, 'latency', {
        get: () => ((seed = (seed * 48_271) % 2_147_483_647) % 10 === 0 ? 400 : 10),
      });
    }
    run(120_000, 20);
    expect(drained()).toEqual([]);
  });

  it('drains for 30 s, twice as long each time again, and forgets', () => {
    run(10_000);
    farm[1]!.latency = 5_000;
    const lengths = [];
    for (let i = 0; i < 6; i++) {
      run(60_000, 10, () => drained().length > 0);
      const since = Date.now();
      run(700_000, 10, () => drained().length === 0);
      lengths.push(Math.round((Date.now() - since) / 1_000));
    }
    expect(lengths).toEqual([30, 60, 120, 240, 480, 600].map(expected => expect.closeTo(expected, -0.5)));
    farm[1]!.latency = 5;
    run(6 * 600_000 + 10_000);
    expect(drained()).toEqual([]);
    farm[1]!.latency = 5_000;
    run(10_000, 10, () => drained().length > 0);
    const { since, until } = world.leverWriter.setting('s3', 'drained', 'u/b')!;
    expect(until! - since).toBe(30_000);
  });

  it('gives another chance to an instance where calls hung, whatever still hangs there', () => {
    run(10_000);
    farm[1]!.latency = 10_000_000;
    run(5_000, 10, () => drained().length > 0);
    farm[1]!.latency = 5;
    run(120_000);
    expect(drained()).toEqual([]);
  });

  it('drains at most half, and none where half are out of the way already', () => {
    farm.push(new Served('u/d', 5));
    run(10_000);
    for (const one of farm.slice(0, 1)) one.latency = 5_000;
    vitals.circuitList = ['u/c', 'u/d'].map(instance => ({
      unit: 'u',
      instance,
      state: 'closed',
      out: true,
      isolated: false,
    }));
    run(10_000);
    expect(drained()).toEqual([]);
    vitals.circuitList = [];
    world.leverWriter.set('s2', 'suppressed', 'u/d', true, 'flaps');
    run(2_000);
    expect(drained()).toEqual(['u/a']);
  });

  it('takes one back when more than half are out of the way', () => {
    run(10_000);
    farm[1]!.latency = 5_000;
    run(2_000);
    expect(drained()).toEqual(['u/b']);
    world.leverWriter.set('s2', 'suppressed', 'u/a', true, 'flaps');
    run(TICK);
    expect(drained()).toEqual([]);
  });

  it('drains what fails far more often than the others', () => {
    run(10_000);
    farm[2]!.failing = true;
    expect(run(10_000, 20, () => drained().length > 0)).toBeLessThanOrEqual(2_500);
    expect(world.leverWriter.setting('s3', 'drained', 'u/c')!.why).toMatch(/calls failed \(\d+ %\)/);
  });

  it('begins anew with an instance whose counts do', () => {
    run(10_000);
    farm[1] = new Served('u/b', 5);
    run(5_000);
    expect(drained()).toEqual([]);
  });
});
