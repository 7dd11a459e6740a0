import { FakeHolder, FakeInstance, Outcome, poolParts, SINK } from '../../test/support/fake-instance.js';
import { InstancePool } from './instance-pool.js';
import { Lease } from './lease.js';

describe('InstancePool.resize', () => {
  let instance: FakeInstance;
  let pool: InstancePool;

  beforeEach(() => {
    jest.useFakeTimers();
    instance = new FakeInstance();
    const settings = { checkoutTimeout: 1_000, idleTimeout: 1_000 };
    pool = new InstancePool(instance, { size: 2, overflow: 2 }, settings, poolParts());
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const checkout = (holder = new FakeHolder({ busy: true })): Promise<Lease> =>
    pool.checkout(holder, SINK, new AbortController().signal);
  const fill = (count: number): Promise<Lease[]> => Promise.all(Array.from({ length: count }, () => checkout()));

  it('lets those in at once for whom there is room now, in their order', async () => {
    await fill(4);
    const waiting = [1, 2, 3].map(() => new Outcome(checkout()));
    pool.resize({ size: 4, overflow: 2 });
    await pass();
    expect(waiting.map(({ settled }) => settled)).toEqual([true, true, false]);
    expect(pool).toMatchObject({ leases: 6, waiting: 1, size: 4, overflow: 2, limit: 6 });
  });

  it('takes back as many parked leases as are too many, those first that are missed least', async () => {
    const states = [
      { lastActiveAt: 1, attached: true },
      { lastActiveAt: 3 },
      { lastActiveAt: 2 },
      { lastActiveAt: 0, busy: true },
    ];
    const holders = states.map(state => new FakeHolder(state));
    await Promise.all(holders.map(checkout));
    pool.resize({ size: 1, overflow: 1 });
    expect(holders.map(({ reclaimed }) => reclaimed)).toEqual([0, 1, 1, 0]);
    pool.resize({ size: 1, overflow: 0 });
    expect(holders.map(({ reclaimed }) => reclaimed)).toEqual([1, 1, 1, 0]);
    await pass();
    expect(pool).toMatchObject({ leases: 1, inUse: 1 });
  });

  it('cuts nothing that is in flight: a lease beyond the limit goes back when it is parked', async () => {
    const holders = [1, 2, 3].map(() => new FakeHolder({ busy: true }));
    const leases = await Promise.all(holders.map(checkout));
    pool.resize({ size: 1, overflow: 1 });
    await pass(10_000);
    expect(instance.links).toBe(3);
    holders[1]!.busy = false;
    leases[1]!.parked();
    await pass();
    expect([instance.links, pool.leases]).toEqual([2, 2]);
    holders[0]!.busy = false;
    leases[0]!.parked();
    await pass();
    expect(holders.map(({ reclaimed }) => reclaimed)).toEqual([0, 1, 0]);
  });

  it('gives out nothing while more is out than there may be', async () => {
    const leases = await fill(4);
    pool.resize({ size: 2, overflow: 0 });
    const waiting = new Outcome(checkout());
    await leases[0]!.release();
    await leases[1]!.release();
    await pass();
    expect([waiting.settled, pool.leases, pool.waiting]).toEqual([false, 2, 1]);
    await leases[2]!.release();
    await pass();
    expect([waiting.value, pool.leases]).toEqual([expect.any(Lease), 2]);
  });

  it('keeps to the limit when others have waited in vain before', async () => {
    const leases = await fill(4);
    const late = [1, 2, 3].map(() => new Outcome(checkout()));
    await pass(1_000);
    expect(late.map(({ settled }) => settled)).toEqual([true, true, true]);
    await Promise.all(leases.map(lease => lease.release()));
    pool.resize({ size: 1, overflow: 0 });
    const outcomes = [1, 2, 3].map(() => new Outcome(checkout()));
    await pass();
    expect(outcomes.map(({ settled }) => settled)).toEqual([true, false, false]);
  });

  it('keeps to the limit when others have given up waiting', async () => {
    const leases = await fill(4);
    const callers = [1, 2, 3].map(() => new AbortController());
    for (const { signal } of callers) void pool.checkout(new FakeHolder(), SINK, signal).catch(() => undefined);
    for (const caller of callers) caller.abort(new Error('gone'));
    await Promise.all(leases.map(lease => lease.release()));
    pool.resize({ size: 2, overflow: 0 });
    const outcomes = [1, 2, 3].map(() => new Outcome(checkout()));
    await pass();
    expect(outcomes.map(({ settled }) => settled)).toEqual([true, true, false]);
    await pass(1_000);
    expect(outcomes[2]!.error).toMatchObject({ code: 'pool_timeout' });
    await outcomes[0]!.value!.release();
    await checkout();
    const late = new Outcome(checkout());
    await pass();
    expect([late.settled, pool.leases]).toEqual([false, 2]);
  });
});
