import { Counters } from '../../telemetry/counters.js';
import { Condition, HostStats } from './host-stats.js';
import { FakeVitals, NO_CHECKOUTS, Regulated, sightOf } from '../../../test/support/regulated.js';
import { Connections } from './connections.js';
import { Handshakes } from './handshakes.js';
import { PoolSizes } from './pool-sizes.js';
import { LeverRequests } from './lever-requests.js';

class FakeMachine extends HostStats {
  condition: Condition = { delayMs: 1, busy: 1, heap: 0.2, freeMemory: 0.5 };
  look(): void {}
  start(): void {}
  stop(): void {}
}

let world: Regulated;
let machine: FakeMachine;

beforeEach(() => {
  jest.useFakeTimers();
  world = new Regulated();
  machine = new FakeMachine();
});
afterEach(() => jest.useRealTimers());

function pass(ms: number, tick: () => void): void {
  for (let passed = 0; passed < ms; passed += 500) {
    jest.advanceTimersByTime(500);
    tick();
  }
}

describe('PoolSizes', () => {
  let vitals: FakeVitals;
  let pools: PoolSizes;
  const size = () => world.value('pool_size', 'u/a') as number | undefined;

  beforeEach(() => {
    vitals = new FakeVitals();
    pools = new PoolSizes(world.leverWriter, world.levers, world.clock, machine);
  });

  /** The pool follows the lever, as the real one does. */
  function use(inUse: number, waiting: number, ms: number, configured = 100): void {
    pass(ms, () => {
      const now = size() ?? configured;
      const limit = now + 10;
      const used = Math.min(inUse, limit);
      vitals.poolList = [
        {
          unit: 'u',
          instance: 'u/a',
          inUse: used,
          parked: 0,
          leases: used,
          waiting,
          size: now,
          overflow: 10,
          limit,
          ...NO_CHECKOUTS,
        },
      ];
      pools.tick(sightOf(vitals));
    });
  }

  it('grows when all leases are in use and some wait, at the second look, up to four times', () => {
    use(50, 0, 10_000);
    use(110, 30, 500);
    expect(size()).toBeUndefined();
    use(110, 30, 500);
    expect(size()).toBe(150);
    expect(world.leverWriter.setting('s3', 'pool_size', 'u/a')!.why).toContain(
      '110 of 110 leases in use and 30 waiting',
    );
    use(10_000, 500, 30_000);
    expect(size()).toBe(400);
  });

  it('makes small pools, which are of processes, twice as large at most, and none without memory to spare', () => {
    machine.condition.freeMemory = 0.05;
    use(18, 10, 10_000, 8);
    expect(size()).toBeUndefined();
    machine.condition.freeMemory = 0.5;
    use(10_000, 10, 10_000, 8);
    expect(size()).toBe(16);
  });

  it('leaves one lease one: what is there once cannot be there twice', () => {
    pass(10_000, () => {
      const size = world.leverWriter.setting('s3', 'pool_size', 'u/a')?.value ?? 1;
      const pool = { unit: 'u', instance: 'u/a', inUse: 1, parked: 0, leases: 1, waiting: 3 };
      vitals.poolList = [{ ...pool, size, overflow: 0, limit: size, ...NO_CHECKOUTS }];
      pools.tick(sightOf(vitals));
    });
    expect(size()).toBeUndefined();
  });

  it('minds the bounds of policy', () => {
    world.leverWriter.bound('pool_size', { max: 120 });
    use(10_000, 10, 10_000);
    expect(size()).toBe(120);
  });

  it('shrinks slowly after a minute of little use, back to what is configured', () => {
    use(10_000, 10, 10_000);
    use(20, 0, 59_000);
    expect(size()).toBe(400);
    use(20, 0, 2_000);
    expect(size()).toBe(360);
    use(20, 0, 10_000);
    expect(size()).toBe(324);
    use(20, 0, 600_000);
    expect(size()).toBeUndefined();
  });

  it('forgets a pool that is gone', () => {
    use(10_000, 10, 10_000);
    vitals.poolList = [];
    pools.tick(sightOf(vitals));
    expect(size()).toBeUndefined();
  });
});

describe('Connections', () => {
  let counters: Counters;
  let connections: Connections;
  const budget = (transport = 'websocket') => world.value('connections', transport);
  const tick = (): void => connections.tick();

  beforeEach(() => {
    counters = new Counters();
    counters.connections.add('websocket', 2_000);
    const { bus, clock } = world;
    const around = { bus, counters, machine, clock, notes: new LeverRequests(bus, clock) };
    connections = new Connections(around, world.leverWriter, { http_sse: 10_000, websocket: 10_000 });
    connections.listen();
  });

  const ask = (transport: any, count: any, forMs?: number): void =>
    world.bus.emit('allocate_connections', { transport, count, why: 'a plan', forMs });

  it('lets few more come under strain that lasts, and all again after ten seconds of calm', () => {
    machine.condition.delayMs = 300;
    pass(1_500, tick);
    expect(budget()).toBeUndefined();
    pass(500, tick);
    expect([budget(), budget('http_sse')]).toEqual([2_040, 16]);
    machine.condition.delayMs = 10;
    pass(9_500, tick);
    expect(budget()).toBe(2_040);
    pass(1_000, tick);
    expect([budget(), budget('http_sse')]).toEqual([undefined, undefined]);
  });

  it('takes a slow machine for no strain: the loop is late, and has little to do', () => {
    Object.assign(machine.condition, { delayMs: 300, busy: 0.3 });
    pass(30_000, tick);
    expect(budget()).toBeUndefined();
    machine.condition.busy = 0.95;
    pass(2_000, tick);
    expect(budget()).toBe(2_040);
    machine.condition.busy = 0.3;
    pass(10_500, tick);
    expect(budget()).toBeUndefined();
  });

  it('minds the heap at once', () => {
    machine.condition.heap = 0.95;
    pass(500, tick);
    expect(budget()).toBe(2_040);
  });

  it('does as it is asked, up to what is configured, for as long', () => {
    ask('http_sse', 50, 5_000);
    ask('websocket', 1e9);
    expect([budget('http_sse'), budget()]).toEqual([50, 10_000]);
    pass(5_000, tick);
    expect([budget('http_sse'), budget()]).toEqual([undefined, 10_000]);
  });

  it.each([
    ['telnet', 5],
    ['constructor', 5],
    ['websocket', -1],
    ['websocket', 1.5],
    ['websocket', 'many'],
  ])('ignores %s %s, and says so', (transport, count) => {
    const decisions = world.heard('decision');
    ask(transport, count);
    expect(world.levers.now.connections.size).toBe(0);
    expect(decisions).toMatchObject([{ action: 'ignore allocate_connections' }]);
  });
});

describe('Handshakes', () => {
  let handshakes: Handshakes;
  let next = 0;
  const pace = () => world.value('handshakes', '') as number | undefined;

  beforeEach(() => {
    handshakes = new Handshakes(world.leverWriter, world.activity, machine, world.clock, world.bus);
    handshakes.listen();
    handshakes.tick();
  });

  /** Clients connect, as many as the pace lets in. */
  function connect(perSecond: number, ms: number, delayMs: (let_in: number) => number = () => 1): void {
    pass(ms, () => {
      const letIn = Math.min(perSecond, pace() ?? Infinity);
      for (let i = 0; i < letIn / 2; i++) world.activity.of(`c${next++ % 5_000}`).connects++;
      machine.condition.delayMs = delayMs(letIn);
      handshakes.tick();
    });
  }

  it('leaves the usual alone, and what hurts without handshakes', () => {
    connect(30, 60_000);
    connect(2, 10_000, () => 400);
    expect(pace()).toBeUndefined();
  });

  it('paces a storm at the first look, by what the event loop bears', () => {
    connect(2_000, 500);
    expect(pace()).toBe(2_000);
    connect(2_000, 60_000, letIn => letIn / 8);
    expect(pace()).toBeGreaterThan(500);
    expect(pace()).toBeLessThan(1_100);
    connect(2_000, 60_000, () => 500);
    expect(pace()).toBe(50);
  });

  it('paces before the first look where many connections break at once', () => {
    const cut = (count: number): void => {
      for (let i = 0; i < count; i++)
        world.bus.emit('connection_broken', { transport: 'websocket', client: `c${i}`, session: 's' });
    };
    pass(10_000, () => cut(20));
    expect(pace()).toBeUndefined();
    cut(50);
    expect(pace()).toBe(2_000);
    connect(1_000, 5_000);
    connect(0, 5_500);
    expect(pace()).toBeUndefined();
  });

  it('waits a minute for those who have lost their connections', () => {
    for (let i = 0; i < 2_000; i++)
      world.bus.emit('connection_broken', { transport: 'websocket', client: `c${i}`, session: 's' });
    connect(0, 30_000, () => 150);
    // That the loop was late is not because of them: nobody has come yet.
    expect(pace()).toBe(2_000);
    connect(0, 31_000);
    expect(pace()).toBeUndefined();
    handshakes.stop();
    for (let i = 0; i < 500; i++)
      world.bus.emit('connection_broken', { transport: 'websocket', client: `c${i}`, session: 's' });
    expect(pace()).toBeUndefined();
  });

  it('lets everybody in again after five seconds of calm', () => {
    connect(2_000, 3_000);
    connect(5, 4_500);
    expect(pace()).toBeDefined();
    connect(5, 1_000);
    expect(pace()).toBeUndefined();
  });

  it('does not pace what is usual, however many', () => {
    // From few to many within minutes, as days begin.
    for (let perSecond = 10; perSecond <= 400; perSecond += 10) connect(perSecond, 10_000);
    expect(pace()).toBeUndefined();
  });
});
