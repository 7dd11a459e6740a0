import { FakeHolder, FakeInstance, Outcome, poolParts, SINK } from '../../test/support/fake-instance.js';
import { ReplySink } from '../kernel/ports/unit.js';
import { InstancePool } from './instance-pool.js';
import { Lease } from './lease.js';

describe('InstancePool.checkoutMany', () => {
  let instance: FakeInstance;
  let pool: InstancePool;
  let caller: AbortController;

  beforeEach(() => {
    jest.useFakeTimers();
    instance = new FakeInstance();
    caller = new AbortController();
    const settings = { checkoutTimeout: 50, idleTimeout: 1_000 };
    pool = new InstancePool(instance, { size: 3, overflow: 1 }, settings, poolParts());
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const many = (count: number, sinkFor = (): ReplySink => SINK): Outcome<Lease[]> =>
    new Outcome(pool.checkoutMany(count, new FakeHolder({ busy: true }), sinkFor, caller.signal));
  const one = (): Promise<Lease> => pool.checkout(new FakeHolder({ busy: true }), SINK, new AbortController().signal);

  it('gives as many leases as asked for, each with a sink of its own', async () => {
    const sinks = [1, 2, 3].map(() => ({ ...SINK }));
    const holder = new FakeHolder();
    const leases = await pool.checkoutMany(3, holder, i => sinks[i]!, caller.signal);
    expect(leases.map(lease => lease.holder)).toEqual([holder, holder, holder]);
    expect(instance.sinks.map(sink => sinks.indexOf(sink))).toEqual([0, 1, 2]);
    expect(pool.parked).toBe(3);
  });

  it('gives back those that are open when one fails, and tells why that failed', async () => {
    instance.held = true;
    const batch = many(3);
    await pass();
    instance.openings[0]!.succeed();
    await pass();
    expect(instance.links).toBe(1);
    instance.openings[1]!.fail();
    instance.openings[2]!.succeed();
    await pass();
    expect(batch.error).toMatchObject({ code: 'unit_unavailable' });
    expect([instance.links, pool.leases]).toEqual([0, 0]);
  });

  it('takes no lease back from a batch that is not complete', async () => {
    instance.held = true;
    const batch = new Outcome(pool.checkoutMany(4, new FakeHolder(), () => SINK, caller.signal));
    await pass();
    for (const opening of instance.openings.slice(0, 3)) opening.succeed();
    await pass();
    const other = new Outcome(one());
    await pass();
    expect(instance.links).toBe(3);
    instance.openings[3]!.succeed();
    await pass();
    expect(batch.value).toHaveLength(4);
    await pass(50);
    expect(other.error).toMatchObject({ code: 'pool_timeout' });
  });

  it('waits for places that are taken, and in vain gives back what it has', async () => {
    const leases = [await one(), await one()];
    const early = many(3);
    await pass(49);
    expect(early.settled).toBe(false);
    await pass(1);
    expect(early.error).toMatchObject({ code: 'pool_timeout' });
    expect([pool.leases, pool.waiting]).toEqual([2, 0]);
    const late = many(3);
    await leases[0]!.release();
    await pass();
    expect(late.value).toHaveLength(3);
  });

  it('gives everything back when the caller gives up', async () => {
    await Promise.all([one(), one()]);
    const batch = many(3);
    await pass();
    expect([pool.leases, pool.waiting]).toEqual([4, 1]);
    caller.abort(new Error('gone'));
    await pass();
    expect(batch.error).toEqual(new Error('gone'));
    expect([pool.leases, pool.waiting, instance.links]).toEqual([2, 0, 2]);
  });

  it('serves batches one after the other, so that none keeps from another what that waits for', async () => {
    const [first, second] = [many(3), many(3)];
    await pass();
    expect([first.value?.length, second.settled]).toEqual([3, false]);
    for (const lease of first.value!) await lease.release();
    await pass();
    expect(second.value).toHaveLength(3);
  });

  it('refuses more than there may be at once', async () => {
    const batch = many(5);
    await pass();
    expect(batch.error).toMatchObject({ code: 'pool_timeout', message: expect.stringMatching(/^5 leases at once/) });
    expect(instance.attempts).toBe(0);
  });
});
