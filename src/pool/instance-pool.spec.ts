import { GatewayError } from '../kernel/errors.js';
import { Instance, ReplySink, UnitLink } from '../kernel/unit.js';
import { InstancePool } from './instance-pool.js';
import { Holder, Lease } from './lease.js';

class Link extends UnitLink {
  send(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** An instance in memory: the pool's own behaviour is what is looked at here; real children are in the e2e tests. */
class FakeInstance extends Instance {
  readonly id = 'unit/fake';
  readonly unit = 'unit';
  opened = 0;
  broken = false;

  open(): Promise<UnitLink> {
    if (this.broken) return Promise.reject(new GatewayError('unit_unavailable'));
    this.opened++;
    return Promise.resolve(new Link());
  }
}

const sink: ReplySink = { receive: () => undefined, ended: () => undefined };

describe('InstancePool', () => {
  let instance: FakeInstance;
  let pool: InstancePool;

  beforeEach(() => {
    instance = new FakeInstance();
    pool = new InstancePool(instance, { size: 2, overflow: 1, checkoutTimeout: 50 });
  });

  /** Checks out a lease whose holder gives it back when asked. */
  async function hold(state: Partial<Holder> = {}): Promise<{ lease: Lease; reclaimed: () => boolean }> {
    let lease: Lease | undefined = undefined;
    let reclaimed = false;
    const holder: Holder = {
      busy: false,
      attached: false,
      lastActiveAt: 0,
      ...state,
      reclaim: () => {
        reclaimed = true;
        void lease!.release();
      },
    };
    lease = await pool.checkout(holder, sink, new AbortController().signal);
    return { lease, reclaimed: () => reclaimed };
  }

  it('gives out size and overflow, and then waits for the time it was told', async () => {
    await Promise.all([1, 2, 3].map(() => hold({ busy: true })));
    expect(pool.inUse).toBe(3);
    await expect(hold({ busy: true })).rejects.toMatchObject({
      code: 'pool_timeout',
      message: expect.stringMatching(/within 50 ms: all 3 of unit "unit" are in use.*size or overflow/),
    });
  });

  it('serves who waits, first come first served, when a lease comes back', async () => {
    const held = await Promise.all([1, 2, 3].map(() => hold({ busy: true })));
    const order: string[] = [];
    const waiting = ['first', 'second'].map(name => hold({ busy: true }).then(() => order.push(name)));
    await held[0]!.lease.release();
    await held[1]!.lease.release();
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'second']);
  });

  it('takes back the lease that was parked longest before it makes anybody wait', async () => {
    const recent = await hold({ lastActiveAt: 20 });
    const oldest = await hold({ lastActiveAt: 10 });
    const busy = await hold({ lastActiveAt: 1, busy: true });
    await hold({ busy: true });
    expect([recent, oldest, busy].map(({ reclaimed }) => reclaimed())).toEqual([false, true, false]);
    expect(pool.inUse).toBe(3);
  });

  it('takes leases of sessions nobody listens to first', async () => {
    const listening = await hold({ lastActiveAt: 1, attached: true });
    const silent = await hold({ lastActiveAt: 99 });
    await hold({ busy: true });
    await hold({ busy: true });
    expect([listening, silent].map(({ reclaimed }) => reclaimed())).toEqual([false, true]);
  });

  it('takes one lease for each who comes, not the same one twice', async () => {
    const parked = await Promise.all([1, 2, 3].map(lastActiveAt => hold({ lastActiveAt })));
    await Promise.all([hold({ busy: true }), hold({ busy: true })]);
    expect(parked.map(({ reclaimed }) => reclaimed())).toEqual([true, true, false]);
  });

  it('keeps no place for a link that failed to open', async () => {
    instance.broken = true;
    for (let i = 0; i < 10; i++) await expect(hold()).rejects.toMatchObject({ code: 'unit_unavailable' });
    expect(pool.inUse).toBe(0);
    instance.broken = false;
    await hold();
    expect(instance.opened).toBe(1);
  });

  it('is not confused by a lease that is released twice', async () => {
    const { lease } = await hold();
    await Promise.all([lease.release(), lease.release()]);
    await lease.release();
    expect(pool.inUse).toBe(0);
  });
});
