import { QueueingUnit, Work } from '../../../test/support/queueing-unit.js';
import { FakeVitals, instanceOf, Regulated, seeded, sightOf, unitOf } from '../../../test/support/regulated.js';
import { Concurrency } from './concurrency.js';

const TICK = 500;

describe('Concurrency', () => {
  let world: Regulated;
  let vitals: FakeVitals;
  let control: Concurrency;
  let random: () => number;
  let start: number;
  let unit: QueueingUnit;

  beforeEach(() => {
    jest.useFakeTimers();
    start = Date.now();
    random = seeded(11);
    world = new Regulated();
    vitals = new FakeVitals();
    control = new Concurrency(world.leverWriter, world.levers, world.clock, 10_000);
  });
  afterEach(() => jest.useRealTimers());

  const limit = (): number | undefined => world.levers.now.concurrency.get('u');
  /** 40 to 60 ms. */
  const even = (): number => 40 + 20 * random();
  const place = (servers: number, serviceMs: () => number | Work = even): void =>
    void (unit = new QueueingUnit(servers, serviceMs, random));

  function run(ms: number, perSecond: number, regulated = true): (number | undefined)[] {
    const limits = [];
    for (let passed = 0; passed < ms; passed += TICK) {
      // In steps, so that what waits too long is refused in time.
      for (let step = 0; step < 10; step++) {
        jest.advanceTimersByTime(TICK / 10);
        unit.run(Date.now() - start, perSecond);
      }
      vitals.instanceList = [unit.vitals('u/a')];
      vitals.unitList = [unitOf('u', { inFlight: unit.inFlight, waiting: unit.waiting })];
      if (regulated) control.tick(sightOf(vitals));
      unit.limit = limit() ?? Infinity;
      limits.push(limit());
    }
    return limits;
  }

  /** Calls per second, of those that came since, that were answered within a second; and the middle latency of all. */
  function since(came: number): { goodput: number; middle: number } {
    const calls = unit.outcomes.filter(one => one.came >= came);
    const good = calls.filter(({ latencyMs }) => latencyMs <= 1_000).length;
    const answered = calls.filter(({ latencyMs }) => latencyMs < Infinity).map(({ latencyMs }) => latencyMs);
    const middle = answered.sort((a, b) => a - b)[answered.length >> 1]!;
    return { goodput: (1_000 * good) / (Date.now() - start - came), middle };
  }

  /** Mean latency at the unit itself, over the next 10 s, in ms. */
  function atUnit(perSecond: number): number {
    const { answered, busyMs } = unit;
    run(10_000, perSecond);
    return (unit.busyMs - busyMs) / (unit.answered - answered);
  }

  it.each([8, 20, 64])('settles near what a unit of %d servers can do, within 5 s of an overload', servers => {
    place(servers);
    const capacity = (1_000 * servers) / 50;
    run(30_000, capacity / 2);
    expect(limit()).toBeUndefined();
    run(5_000, 3 * capacity);
    const settled = run(20_000, 3 * capacity);
    expect(Math.min(...(settled as number[]))).toBeGreaterThanOrEqual(servers);
    expect(Math.max(...(settled as number[]))).toBeLessThanOrEqual(2.2 * servers);
    expect(atUnit(3 * capacity)).toBeLessThan(2.2 * 50);
  });

  it('keeps goodput under an overload, which is lost without it', () => {
    const rows = [true, false].map(regulated => {
      random = seeded(11);
      world = new Regulated();
      control = new Concurrency(world.leverWriter, world.levers, world.clock, 10_000);
      start = Date.now();
      place(20);
      run(30_000, 200, regulated);
      run(60_000, 1_200, regulated);
      return since(30_000);
    });
    console.info('goodput within 1 s of 1,200/s at a capacity of 400/s, 60 s: on, off', rows);
    expect(rows[0]!.goodput).toBeGreaterThan(0.85 * 400);
    expect(rows[1]!.goodput).toBeLessThan(0.2 * 400);
  });

  it('takes the limit away after 30 s of calm', () => {
    place(20);
    run(30_000, 200);
    run(20_000, 1_200);
    expect(limit()).toBeDefined();
    const limits = run(60_000, 100);
    expect(limits.indexOf(undefined)).toBeGreaterThanOrEqual(58);
    expect(limits.at(-1)).toBeUndefined();
  });

  it('is never in the way where nothing queues: bursts, growth, idleness, two kinds of calls', () => {
    place(10_000, () => (random() < 0.1 ? 1_000 : 10));
    const limits = [5, 50, 0, 500, 5, 0, 1_000, 20].flatMap(perSecond => run(60_000, perSecond));
    expect(limits.filter(value => value !== undefined)).toEqual([]);
  });

  it('sees an overload of a unit with two kinds of calls', () => {
    place(40, () => (random() < 0.1 ? 550 : 50));
    run(60_000, 200);
    expect(limit()).toBeUndefined();
    run(10_000, 1_200);
    const settled = run(20_000, 1_200) as number[];
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...settled)).toBeLessThanOrEqual(110);
  });

  it('lets go of what does not help: the calls have become longer by nature', () => {
    let long = false;
    place(10_000, () => (long ? 400 + 200 * random() : even()));
    run(60_000, 200);
    long = true;
    run(20_000, 200);
    const from = Date.now() - start;
    run(60_000, 200);
    expect(since(from).goodput).toBeGreaterThan(190);
    expect(limit() ?? Infinity).toBeGreaterThan(100);
  });

  it('finds its way when a limited unit becomes slower', () => {
    let factor = 1;
    place(20, () => factor * even());
    run(30_000, 200);
    run(20_000, 1_200);
    factor = 2;
    run(30_000, 1_200);
    const settled = run(20_000, 1_200) as number[];
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(14);
    expect(Math.max(...settled)).toBeLessThanOrEqual(70);
  });

  it('does not take one slow instance of three for the unit', () => {
    place(10_000);
    const slow = new QueueingUnit(10_000, () => 5_000, random);
    vitals.unitList = [unitOf('u')];
    for (let passed = 0; passed < 30_000; passed += TICK) {
      jest.advanceTimersByTime(TICK);
      unit.run(Date.now() - start, 100);
      slow.run(Date.now() - start, passed > 15_000 ? 50 : 0);
      const half = unit.vitals('u/a');
      vitals.instanceList = [half, { ...half, instance: 'u/b' }, slow.vitals('u/c')];
      control.tick(sightOf(vitals));
      expect(limit()).toBeUndefined();
    }
  });

  /** One of several, by weight. */
  function oneOf<T extends { weight: number }>(choices: readonly T[]): T {
    let at = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
    return choices.find(({ weight }) => (at -= weight) < 0) ?? choices[0]!;
  }
  const seeds = [1, 3, 118];
  const never = (limits: unknown[]): void => expect(limits.filter(value => value !== undefined)).toEqual([]);

  it.each(seeds)('leaves kinds alone that take 2 ms to 5 s, however their mix shifts: seed %d', seed => {
    random = seeded(seed);
    const kinds = [2, 20, 100, 700, 5_000].map(ms => ({ tool: `takes ${ms}`, ms, weight: 1 }));
    place(10_000, () => {
      const { tool, ms } = oneOf(kinds);
      return { tool, ms: ms * (0.5 + random()) };
    });
    const mixes = [
      [90, 10, 0, 0, 0],
      [5, 5, 10, 40, 40],
      [100, 0, 0, 0, 1],
      [0, 0, 0, 0, 100],
      [40, 30, 20, 9, 1],
      [1, 0, 0, 99, 0],
    ];
    for (const perSecond of [20, 60, 200]) {
      for (const mix of mixes) {
        kinds.forEach((kind, i) => (kind.weight = mix[i]!));
        never(run(40_000, perSecond));
      }
    }
  });

  it.each(seeds)('is not in the way of a tool that sleeps as long as it is told: seed %d', seed => {
    random = seeded(seed);
    let ms = 10;
    place(10_000, () => ({ tool: 'sleep', ms: ms * (0.9 + 0.2 * random()) }));
    unit.callers = 50;
    for (const sleep of [10, 3_000, 10, 500, 3_000, 50]) {
      ms = sleep;
      run(60_000, 0);
    }
    unit.callers = 0;
    for (const sleep of [10, 3_000, 10, 500, 3_000, 50]) {
      ms = sleep;
      run(60_000, 17);
    }
    const worst = unit.outcomes.reduce((most, { waitedMs }) => Math.max(most, waitedMs), 0);
    expect(worst).toBeLessThanOrEqual(100);
  });

  it.each(seeds)('does not count calls that wait for what a client answers: seed %d', seed => {
    random = seeded(seed);
    let share = 0;
    place(10_000, () =>
      random() < share ? { tool: 'ask', ms: 20_000 * random(), asked: true } : { tool: 'ask', ms: 10 + 5 * random() },
    );
    for (const part of [0, 0.5, 0.05, 0.95, 0, 1, 0.2]) {
      share = part;
      never(run(45_000, 80));
    }
  });

  it.each([
    [1, 3],
    [8, 1.2],
    [20, 1.1],
    [64, 1.5],
    [8, 10],
  ])('finds that a unit of %d servers gets %f times what it can do', (servers, times) => {
    place(servers);
    const capacity = (1_000 * servers) / 50;
    run(60_000, 0.8 * capacity);
    expect(limit()).toBeUndefined();
    run(60_000, times * capacity);
    const from = Date.now() - start;
    run(60_000, times * capacity);
    expect(limit()).toBeLessThanOrEqual(Math.max(5, 2.2 * servers));
    expect(since(from).goodput).toBeGreaterThan(0.9 * capacity);
  });

  it('minds the bounds of policy, and forgets units that are gone', () => {
    world.leverWriter.bound('concurrency', { min: 60, max: 200 });
    place(20);
    run(30_000, 200);
    const limits = run(10_000, 1_200);
    expect(limits.at(-1)).toBe(60);
    vitals.unitList = [];
    vitals.instanceList = [instanceOf('v/a')];
    control.tick(sightOf(vitals));
    expect(limit()).toBeUndefined();
  });
});
