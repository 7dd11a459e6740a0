import { getEventListeners } from 'node:events';
import { FakeHolder, FakeInstance, Outcome, poolParts, SINK } from '../../test/support/fake-instance.js';
import { InstancePool } from './instance-pool.js';
import { Lease } from './lease.js';

const busy = { busy: true };

describe('InstancePool', () => {
  let instance: FakeInstance;
  let pool: InstancePool;

  beforeEach(() => {
    jest.useFakeTimers();
    instance = new FakeInstance();
    pool = poolOf(2, 1);
  });
  afterEach(() => jest.useRealTimers());

  function poolOf(size: number, overflow: number): InstancePool {
    const settings = { checkoutTimeout: 50, idleTimeout: 1_000 };
    return new InstancePool(instance, { size, overflow }, settings, poolParts());
  }

  const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  function checkout(holder = new FakeHolder(busy), signal = new AbortController().signal): Promise<Lease> {
    return pool.checkout(holder, SINK, signal);
  }

  async function hold(state: Partial<FakeHolder> = {}): Promise<{ lease: Lease; holder: FakeHolder }> {
    const holder = new FakeHolder(state);
    return { holder, lease: await checkout(holder) };
  }

  const holdAll = (states: Partial<FakeHolder>[]): Promise<{ lease: Lease; holder: FakeHolder }[]> =>
    Promise.all(states.map(hold));

  describe('with places for all', () => {
    it('tells leases in use from those that are parked, and counts one that is being opened as in use', async () => {
      const { holder: first, lease } = await hold(busy);
      await hold();
      expect(pool).toMatchObject({ leases: 2, inUse: 1, parked: 1, waiting: 0, size: 2, overflow: 1, limit: 3 });
      first.busy = false;
      lease.parked();
      expect(pool).toMatchObject({ leases: 2, inUse: 0, parked: 2 });
      instance.held = true;
      const third = hold();
      await pass();
      expect(pool).toMatchObject({ leases: 3, inUse: 1, parked: 2 });
      instance.openings[0]!.succeed();
      await third;
      await lease.release();
      expect(pool).toMatchObject({ leases: 2, inUse: 0, parked: 2 });
    });

    it('is not confused by a lease that is released twice', async () => {
      const { lease } = await hold(busy);
      await hold(busy);
      await Promise.all([lease.release(), lease.release()]);
      await lease.release();
      expect(pool.leases).toBe(1);
    });

    it('leaves nothing behind at the signal of a caller, which may live long', async () => {
      const { signal } = new AbortController();
      await checkout(new FakeHolder(), signal);
      await checkout(new FakeHolder(), signal);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    it('keeps no place for a link that failed to open', async () => {
      instance.broken = true;
      for (let i = 0; i < 4; i++) {
        const failing = new Outcome(hold());
        await pass(1_000);
        expect(failing.error).toMatchObject({ code: 'unit_unavailable' });
      }
      expect(pool.leases).toBe(0);
    });

    it('closes a link that opens after its caller has given up', async () => {
      instance.held = true;
      const caller = new AbortController();
      const outcome = new Outcome(checkout(new FakeHolder(), caller.signal));
      await pass();
      caller.abort(new Error('gone'));
      instance.openings[0]!.succeed();
      await pass();
      expect(outcome.error).toEqual(new Error('gone'));
      expect([instance.attempts, instance.links, pool.leases]).toEqual([1, 0, 0]);
    });
  });

  describe('when it is full', () => {
    it('waits for the time it was told, and says then what there is and what would help', async () => {
      await holdAll([busy, busy, busy]);
      const first = new Outcome(checkout());
      await pass(10);
      void checkout().catch(() => undefined);
      await pass(39);
      expect(first.settled).toBe(false);
      await pass(1);
      expect(first.error).toMatchObject({ code: 'pool_timeout', retryAfter: 50 });
      expect((first.error as Error).message).toBe(
        'No lease became free within 50 ms: "unit/fake" of unit "unit" has 3 in use, 0 parked (size 2, overflow 1), ' +
          '1 waiting. What helps: a larger size or overflow for the unit, another instance, or a shorter idle timeout.',
      );
      expect(instance.attempts).toBe(3);
    });

    it('serves who waits, first come first served, when leases come back', async () => {
      const held = await holdAll([busy, busy, busy]);
      const order: string[] = [];
      for (const name of ['first', 'second', 'third']) void hold(busy).then(() => order.push(name));
      await held[0]!.lease.release();
      await pass();
      expect([order, pool.waiting]).toEqual([['first'], 2]);
      await Promise.all([held[1]!.lease.release(), held[2]!.lease.release()]);
      await pass();
      expect(order).toEqual(['first', 'second', 'third']);
    });

    it('serves clients in turn, however many leases one of them waits for', async () => {
      const held = await holdAll([busy, busy, busy]);
      const order: string[] = [];
      const names = [...Array.from({ length: 70 }, () => 'greedy'), 'modest', 'greedy', 'modest', 'third'];
      for (const client of names) {
        void hold({ ...busy, client }).then(
          ({ lease }) => {
            order.push(client);
            void lease.release();
          },
          () => undefined,
        );
      }
      await held[0]!.lease.release();
      await pass(40);
      expect(order.slice(0, 6)).toEqual(['greedy', 'modest', 'third', 'greedy', 'modest', 'greedy']);
      expect(order).toHaveLength(74);
    });

    it('lets one wait whose client has none waiting, when others have as many as may', async () => {
      const outcomes = Array.from({ length: 3 + 76 }, () => new Outcome(checkout()));
      const modest = [1, 2].map(() => new Outcome(checkout(new FakeHolder({ ...busy, client: 'modest' }))));
      await pass();
      expect(modest.map(({ settled }) => settled)).toEqual([false, true]);
      await outcomes[0]!.value!.release();
      await outcomes[1]!.value!.release();
      await pass();
      expect(modest[0]!.value).toBeInstanceOf(Lease);
    });

    it('lets who gives up go at once, and gives the place to the next', async () => {
      const held = await holdAll([busy, busy, busy]);
      const caller = new AbortController();
      const givesUp = new Outcome(checkout(new FakeHolder(busy), caller.signal));
      const stays = new Outcome(checkout());
      caller.abort(new Error('gone'));
      await pass();
      expect([givesUp.error, pool.waiting]).toEqual([new Error('gone'), 1]);
      await held[0]!.lease.release();
      await pass();
      expect([stays.value, instance.attempts]).toEqual([expect.any(Lease), 4]);
      await held[1]!.lease.release();
      expect(pool.leases).toBe(2);
      await hold(busy);
    });

    it('lets only so many wait, and those as long as they like', async () => {
      const outcomes = Array.from({ length: 3 + 76 }, () => new Outcome(checkout()));
      const oneMore = new Outcome(checkout());
      await pass();
      expect(outcomes.filter(({ settled }) => settled)).toHaveLength(3);
      expect(pool.waiting).toBe(76);
      expect(oneMore.error).toMatchObject({
        code: 'pool_timeout',
        message: expect.stringMatching(/^No lease is free, and as many wait .* 76 waiting/),
        retryAfter: 50,
      });
      await outcomes[0]!.value!.release();
      const another = new Outcome(checkout());
      await pass(49);
      expect(another.settled).toBe(false);
    });
  });

  describe('taking leases back', () => {
    it('takes the one that was parked longest before it makes anybody wait', async () => {
      const held = await holdAll([{ lastActiveAt: 20 }, { lastActiveAt: 10 }, { lastActiveAt: 1, busy: true }]);
      await hold(busy);
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([0, 1, 0]);
      expect([pool.leases, instance.links]).toEqual([3, 3]);
    });

    it('takes leases of sessions nobody listens to first', async () => {
      const held = await holdAll([{ lastActiveAt: 1, attached: true }, { lastActiveAt: 99 }, busy]);
      await hold(busy);
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([0, 1, 0]);
    });

    it('spares a session just used, though nobody listens, before one long silent whose stream is open', async () => {
      const now = Date.now();
      const [fresh, old] = await holdAll([{ lastActiveAt: now }, { lastActiveAt: now - 60_000, attached: true }, busy]);
      await hold(busy);
      expect([fresh!.holder.reclaimed, old!.holder.reclaimed]).toEqual([0, 1]);
    });

    it('takes of those just used the one used before the others, whether its stream is open or not', async () => {
      const now = Date.now();
      const [calling, stopped] = await holdAll([
        { lastActiveAt: now },
        { lastActiveAt: now - 5_000, attached: true },
        busy,
      ]);
      await hold(busy);
      expect([calling!.holder.reclaimed, stopped!.holder.reclaimed]).toEqual([0, 1]);
    });

    it('takes one for each who comes, and asks nobody twice while a link is slow to close', async () => {
      let close = (): void => undefined;
      instance.closing = new Promise(resolve => (close = resolve));
      const held = await holdAll([{ lastActiveAt: 1 }, { lastActiveAt: 2 }, { lastActiveAt: 3 }]);
      const coming = [checkout(), checkout()];
      await pass();
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([1, 1, 0]);
      expect(pool.waiting).toBe(2);
      close();
      await Promise.all(coming);
      expect(pool).toMatchObject({ inUse: 2, parked: 1 });
    });

    it('asks nobody twice who takes time to let go', async () => {
      const slow = new FakeHolder();
      slow.reclaim = lease => {
        slow.reclaimed++;
        setTimeout(() => void lease.release(), 10);
      };
      const other = new FakeHolder({ lastActiveAt: 1 });
      await Promise.all([checkout(slow), checkout(other), hold(busy)]);
      const coming = [checkout(), checkout()];
      expect([slow.reclaimed, other.reclaimed]).toEqual([1, 1]);
      await pass(10);
      await Promise.all(coming);
    });

    it('takes the lease that is parked while somebody waits', async () => {
      const [first] = await holdAll([busy, busy, busy]);
      const waiting = new Outcome(checkout());
      first!.holder.busy = false;
      first!.lease.parked();
      await pass();
      expect([first!.holder.reclaimed, waiting.value]).toEqual([1, expect.any(Lease)]);
    });

    it('looks at each lease a few times only, however many there are', async () => {
      const many = 1_000;
      pool = poolOf(many, 0);
      let reads = 0;
      for (let i = 0; i < many; i++) {
        const holder = new FakeHolder();
        Object.defineProperty(holder, 'lastActiveAt', { get: () => (reads++, (i * 619) % many) });
        await checkout(holder);
      }
      await checkout();
      expect(reads).toBeLessThanOrEqual(4 * many);
    });
  });

  describe('with leases that nobody uses', () => {
    const idle = { lastActiveAt: 5_000 };

    it('takes those back that were parked for longer than the idle timeout', async () => {
      const held = await holdAll([idle, { lastActiveAt: 5_001 }, { ...idle, busy: true }]);
      pool.reapIdle(6_000);
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([0, 0, 0]);
      pool.reapIdle(6_001);
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([1, 0, 0]);
      await pass();
      expect([pool.leases, instance.links]).toEqual([2, 2]);
    });

    it('leaves a lease to a client that listens, unless it would not notice', async () => {
      const held = await holdAll([
        { ...idle, attached: true },
        { ...idle, attached: true, renewable: true },
      ]);
      pool.reapIdle(60_000);
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([0, 1]);
    });
  });

  describe('of an instance that fails', () => {
    async function failTimes(times: number): Promise<void> {
      instance.broken = true;
      for (let i = 0; i < times; i++) {
        const failing = new Outcome(checkout());
        while (!failing.settled) await pass(10);
      }
    }

    it('reports the first failure at once, and opens one link at a time until one succeeds', async () => {
      instance.held = true;
      const first = new Outcome(checkout());
      await pass();
      instance.openings[0]!.fail();
      await pass();
      expect(first.error).toMatchObject({ code: 'unit_unavailable' });
      const others = [new Outcome(checkout()), new Outcome(checkout())];
      await pass(100);
      expect(instance.attempts).toBe(2);
      instance.openings[1]!.succeed();
      await pass();
      expect([others[0]!.value, instance.attempts]).toEqual([expect.any(Lease), 3]);
    });

    it('gives the place back of one that gives up while it waits for the next attempt', async () => {
      await failTimes(1);
      const caller = new AbortController();
      const waiting = new Outcome(checkout(new FakeHolder(), caller.signal));
      await pass(1);
      expect(pool.leases).toBe(1);
      caller.abort(new Error('gone'));
      await pass();
      expect([waiting.error, pool.leases, instance.attempts]).toEqual([new Error('gone'), 0, 1]);
    });

    it('takes no lease from anybody for an attempt that is too far off', async () => {
      const held = await holdAll([{}, {}]);
      await failTimes(5);
      pool.resize({ size: 2, overflow: 0 });
      const refused = new Outcome(checkout());
      await pass();
      expect(refused.error).toMatchObject({ code: 'unit_unavailable', retryAfter: expect.any(Number) });
      expect(held.map(({ holder }) => holder.reclaimed)).toEqual([0, 0]);
    });

    it('lets one wait for that who insists', async () => {
      await failTimes(5);
      instance.broken = false;
      const patient = new Outcome(pool.checkout(new FakeHolder(), SINK, new AbortController().signal, true));
      await pass(1_500);
      expect(patient.settled).toBe(false);
      await pass(100);
      expect(patient.value).toBeInstanceOf(Lease);
    });
  });
});
