import { setTimeout as delay } from 'node:timers/promises';
import { DoubleCount } from '../../kernel/ports/audit.js';
import { SystemClock } from '../../kernel/clock.js';
import { FakeVitals, Regulated, sightOf } from '../../../test/support/regulated.js';
import { Audits } from './audits.js';
import { ControlLoop } from './control-loop.js';
import { LocalHostStats } from './host-stats.js';
import { S3Control } from './s3-control.js';

class Told extends ControlLoop {
  looks = 0;
  fails = false;
  listening = false;
  constructor(readonly name: string) {
    super();
  }
  override listen(): void {
    this.listening = true;
  }
  tick(): void {
    this.looks++;
    if (this.fails) throw new Error('defective');
  }
  override stop(): void {
    this.listening = false;
  }
}

describe('S3Control', () => {
  it('goes on with the others when one fails, and tells of it once', () => {
    const world = new Regulated();
    const [one, other] = [new Told('one'), new Told('other')];
    one.fails = true;
    const s3 = new S3Control([one, other], new LocalHostStats(world.clock, 60_000), world.log, 60_000);
    s3.tick();
    expect(one.looks).toBe(0);
    s3.start(sightOf(new FakeVitals()));
    for (let i = 0; i < 3; i++) s3.tick();
    one.fails = false;
    s3.tick();
    one.fails = true;
    s3.tick();
    expect([one.looks, other.looks, world.failures.length]).toEqual([5, 5, 2]);
    s3.stop();
    s3.tick();
    expect([one.looks, one.listening, other.listening]).toEqual([5, false, false]);
  });
});

describe('LocalMachine', () => {
  it('measures how late the event loop is, each time since the look before', async () => {
    const machine = new LocalHostStats(new SystemClock(), 60_000);
    machine.start();
    await delay(50);
    machine.look();
    await delay(50);
    const end = performance.now() + 300;
    while (performance.now() < end);
    await delay(50);
    machine.look();
    expect(machine.condition.delayMs).toBeGreaterThan(200);
    const { heap, freeMemory } = machine.condition;
    for (const share of [heap, freeMemory]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    machine.stop();
  });

  it('sees that it is late itself', () => {
    const machine = new LocalHostStats(new SystemClock(), 1);
    machine.start();
    const end = performance.now() + 100;
    while (performance.now() < end);
    machine.look();
    expect(machine.condition.delayMs).toBeGreaterThan(90);
    machine.stop();
  });
});

describe('Audits', () => {
  let world: Regulated;
  let counts: DoubleCount[][];
  let probes: boolean[];
  let drawn: number[];

  beforeEach(() => {
    world = new Regulated();
    counts = [];
    probes = [];
    drawn = [];
  });

  const audits = (interval = 30_000): Audits =>
    new Audits(
      world.bus,
      world.clock,
      world.log,
      interval,
      () => drawn.shift() ?? 0,
      () => Promise.resolve(),
    );
  const sight = (more: object = {}) =>
    sightOf(new FakeVitals(), {
      doors: { sockets: () => counts.shift() ?? [] } as any,
      audit: {
        units: () => ['u'],
        probe: (unit: string) =>
          Promise.resolve({ unit, ok: probes.shift() ?? true, tookMs: 1, error: 'unit_timeout' }),
        outboxes: () => Promise.resolve(counts.shift() ?? []),
        leases: () => counts.shift() ?? [],
      },
      ...more,
    });
  const count = (booked: number, found: number, relation: DoubleCount['relation'] = 'equal', of = 'u/a') => ({
    what: 'leases',
    of,
    booked,
    found,
    relation,
  });
  const PROBE = 0;
  const OTHERS = [0.25, 0.5, 0.75];

  it.each(OTHERS)('tells what differs twice in a row (draw %d)', async draw => {
    const [facts, decisions] = [world.heard('audit_discrepancy'), world.heard('decision')];
    counts = [
      [count(3, 4), count(2, 2, 'equal', 'u/b'), count(9, 8, 'equal', 'u/c'), count(2, 5, 'at_most', 'u/d')],
      [count(3, 5), count(9, 9, 'equal', 'u/c'), count(1, 2, 'equal', 'u/e')],
    ];
    drawn = [draw];
    await audits().run(sight());
    expect(facts).toEqual([{ what: 'leases', of: 'u/a', booked: 3, found: 5 }]);
    expect(decisions).toMatchObject([{ by: 's3*', target: 'u/a' }]);
  });

  it('tells of a unit that gives no sign of life twice', async () => {
    const facts = world.heard('audit_discrepancy');
    probes = [false, true];
    drawn = [PROBE, 0];
    await audits().run(sight());
    expect(facts).toEqual([]);
    probes = [false, false];
    drawn = [PROBE, 0];
    await audits().run(sight());
    expect(facts).toEqual([{ what: 'probe', of: 'u', booked: 'answers', found: 'unit_timeout' }]);
  });

  it('outlives an audit that fails, and then goes on', async () => {
    drawn = [PROBE, 0];
    const all = audits();
    await all.run(
      sight({
        audit: {
          units: () => {
            throw new Error('defective');
          },
        },
      }),
    );
    expect(world.failures).toHaveLength(1);
    counts = [[count(1, 2)], [count(1, 2)]];
    const facts = world.heard('audit_discrepancy');
    drawn = [0.75];
    await all.run(sight());
    expect(facts).toHaveLength(1);
  });

  it('comes at times that are exponentially distributed, one at a time, and not at all with 0', () => {
    jest.useFakeTimers();
    let runs = 0;
    let state = 5;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const all = new Audits(world.bus, world.clock, world.log, 30_000, random, () => Promise.resolve());
    const none = audits(0);
    jest.spyOn(all, 'run').mockImplementation(() => Promise.resolve(void runs++));
    const never = jest.spyOn(none, 'run');
    const pauses: number[] = [];
    let last = Date.now();
    for (let i = 0; i < 40_000; i++) {
      jest.advanceTimersByTime(500);
      const before = runs;
      all.tick(sight());
      none.tick(sight());
      if (runs > before) pauses.push(Date.now() - last);
      if (runs > before) last = Date.now();
    }
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    expect(mean).toBeGreaterThan(25_000);
    expect(mean).toBeLessThan(36_000);
    const deviation = Math.sqrt(pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length);
    expect(deviation / mean).toBeGreaterThan(0.8);
    expect(never).not.toHaveBeenCalled();
    jest.useRealTimers();
  });
});
