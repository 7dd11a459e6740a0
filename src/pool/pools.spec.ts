import { FakeHolder, FakeInstance, Outcome, poolParts, SINK } from '../../test/support/fake-instance.js';
import { Unit } from '../kernel/ports/unit.js';
import { Lease } from './lease.js';
import { Pools } from './pools.js';

const SETTINGS = { checkoutTimeout: 1_000, idleTimeout: 1_000 };

describe('Pools', () => {
  let a: FakeInstance;
  let b: FakeInstance;
  let pools: Pools;

  beforeEach(() => {
    jest.useFakeTimers();
    [a, b] = [new FakeInstance('unit/a'), new FakeInstance('unit/b')];
    pools = new Pools(
      [{ name: 'unit', instances: [a], size: 1, overflow: 1 } as Partial<Unit> as Unit],
      SETTINGS,
      poolParts(),
    );
  });
  afterEach(() => jest.useRealTimers());

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const checkout = (instance: FakeInstance, holder = new FakeHolder({ busy: true })): Promise<Lease> =>
    pools.checkout(instance, holder, SINK, new AbortController().signal);

  it('gives leases of instances in service only', async () => {
    await expect(checkout(b)).rejects.toMatchObject({ code: 'unit_unavailable' });
    pools.add({ size: 1, overflow: 0 }, b);
    expect((await checkout(b)).instance).toBe(b);
    expect(pools.all().map(({ instance, limit }) => [instance.id, limit])).toEqual([
      ['unit/a', 2],
      ['unit/b', 1],
    ]);
  });

  it('counts leases in use and who waits as load, and parked leases less than any of them', async () => {
    const holder = new FakeHolder({ busy: true });
    const [lease] = await Promise.all([checkout(a, holder), checkout(a)]);
    void checkout(a);
    await pass();
    expect(pools.load(a)).toBe(3);
    holder.busy = false;
    lease.note();
    expect(Math.floor(pools.load(a))).toBe(2);
    expect(pools.load(b)).toBe(0);
  });

  it('tells instances with nothing to do apart by the leases that are out', async () => {
    pools.add({ size: 3, overflow: 0 }, b);
    for (const instance of [a, b, b]) await checkout(instance, new FakeHolder());
    expect(pools.load(b)).toBeGreaterThan(pools.load(a));
    expect(pools.load(b)).toBeLessThan(1);
  });

  it('has room while nobody need wait or lose a lease', async () => {
    await checkout(a, new FakeHolder());
    expect(pools.hasRoom(a)).toBe(true);
    await checkout(a, new FakeHolder());
    expect(pools.hasRoom(a)).toBe(false);
    expect(pools.hasRoom(b)).toBe(false);
  });

  it('sizes the instances of one unit anew', () => {
    const other = new FakeInstance('other/c', 'other');
    pools.add({ size: 1, overflow: 0 }, other);
    pools.resize('unit', { size: 7, overflow: 2 });
    expect(pools.all().map(({ limit }) => limit)).toEqual([9, 1]);
  });

  it('goes by sizes that are set instead of the configured ones, and by those again afterwards', () => {
    const sizes = (): string[] => pools.all().map(({ size, overflow }) => `${size}+${overflow}`);
    pools.obey(new Map([['unit/a', 5.9], ['unit/b', 0]])); // prettier-ignore
    expect(sizes()).toEqual(['5+1']);
    pools.add({ size: 3, overflow: 2 }, b);
    expect(sizes()).toEqual(['5+1', '1+2']);
    pools.resize('unit', { size: 7, overflow: 3 });
    expect(sizes()).toEqual(['5+3', '1+3']);
    pools.obey(new Map([['unit/b', 2]]));
    expect(sizes()).toEqual(['7+3', '2+3']);
    pools.obey(new Map());
    expect(sizes()).toEqual(['7+3', '7+3']);
  });

  it('takes idle leases of all instances back', async () => {
    pools.add({ size: 1, overflow: 0 }, b);
    const holders = [new FakeHolder(), new FakeHolder()];
    await Promise.all([checkout(a, holders[0]), checkout(b, holders[1])]);
    pools.reapIdle(1_001);
    expect(holders.map(({ reclaimed }) => reclaimed)).toEqual([1, 1]);
  });

  describe('taking an instance out of service', () => {
    it('takes parked leases back, refuses who comes, and lets what is in flight come to its end', async () => {
      const [parked, working] = [new FakeHolder(), new FakeHolder({ busy: true })];
      const [, lease] = await Promise.all([checkout(a, parked), checkout(a, working)]);
      const removed = new Outcome(pools.remove('unit/a'));
      const comes = new Outcome(checkout(a));
      await pass();
      expect([parked.reclaimed, a.links]).toEqual([1, 1]);
      expect(comes.error).toMatchObject({ code: 'unit_unavailable' });
      await pass(60_000);
      expect([removed.settled, pools.all().map(({ inUse }) => inUse)]).toEqual([false, [1]]);
      working.busy = false;
      lease.parked();
      await pass();
      expect([working.reclaimed, removed.settled, pools.all()]).toEqual([1, true, []]);
    });

    it('is done when the last lease is released', async () => {
      const lease = await checkout(a);
      const removed = new Outcome(pools.remove('unit/a'));
      await pass();
      expect(removed.settled).toBe(false);
      await lease.release();
      await pass();
      expect(removed.settled).toBe(true);
    });

    it('hands out no link that opens meanwhile', async () => {
      a.held = true;
      const opening = new Outcome(checkout(a));
      await pass();
      const removed = new Outcome(pools.remove('unit/a'));
      a.openings[0]!.succeed();
      await pass();
      expect(opening.error).toMatchObject({ code: 'unit_unavailable' });
      expect([a.links, removed.settled]).toEqual([0, true]);
    });

    it('opens no link for one that waited for the next attempt', async () => {
      a.broken = true;
      await expect(checkout(a)).rejects.toMatchObject({ code: 'unit_unavailable' });
      const waiting = new Outcome(checkout(a));
      await pass();
      const removed = new Outcome(pools.remove('unit/a'));
      await pass(150);
      expect(waiting.error).toMatchObject({ code: 'unit_unavailable' });
      expect([a.attempts, removed.settled]).toEqual([1, true]);
    });

    it('tells those at once who wait for a place', async () => {
      a.broken = true;
      await expect(checkout(a)).rejects.toMatchObject({ code: 'unit_unavailable' });
      const [first, second, third] = [1, 2, 3].map(() => new Outcome(checkout(a)));
      await pass();
      void pools.remove('unit/a');
      await pass();
      expect([first!.settled, second!.settled]).toEqual([false, false]);
      expect(third!.error).toMatchObject({ code: 'unit_unavailable' });
    });

    it('changes nothing for an id that is not known', async () => {
      await pools.remove('unit/z');
      expect(pools.all()).toHaveLength(1);
    });

    it('lets one of the same id begin beside it', async () => {
      const lease = await checkout(a);
      pools.add({ size: 3, overflow: 0 }, a);
      await Promise.all([checkout(a), checkout(a), checkout(a)]);
      expect([a.links, pools.load(a), pools.all().length]).toEqual([4, 3, 2]);
      await lease.release();
      await pass();
      expect(pools.all()).toHaveLength(1);
    });
  });

  it('ends every lease when it closes, also of instances out of service, and leaves no timer behind', async () => {
    await Promise.all([checkout(a), checkout(a)]);
    const waiting = new Outcome(checkout(a));
    void pools.remove('unit/a');
    pools.add({ size: 1, overflow: 0 }, b);
    await checkout(b);
    await pools.close();
    expect([a.links, b.links]).toEqual([0, 0]);
    expect(waiting.error).toMatchObject({ code: 'unit_unavailable' });
    expect(jest.getTimerCount()).toBe(0);
  });
});
