import { createPool, Pool } from 'generic-pool';
import { GatewayError } from '../kernel/errors.js';
import { Instance, ReplySink } from '../kernel/unit.js';
import { Holder, Lease } from './lease.js';

export interface PoolSettings {
  /** Leases out at once: `size`, and `overflow` more under pressure. */
  size: number;
  overflow: number;
  /** Milliseconds to wait for a free place. */
  checkoutTimeout: number;
}

/** A place for one link. */
interface Slot {
  readonly number: number;
}

/**
 * The leases of one instance. generic-pool hands out *places*, first come first served and within the limit; the link
 * is opened by whoever got a place. So a link that fails to open is that caller's error and nobody else's, where
 * generic-pool would silently try again for as long as somebody waits.
 */
export class InstancePool {
  private readonly slots: Pool<Slot>;
  private readonly leases = new Set<Lease>();

  constructor(
    readonly instance: Instance,
    private readonly settings: PoolSettings,
  ) {
    let number = 0;
    this.slots = createPool<Slot>(
      { create: () => Promise.resolve({ number: ++number }), destroy: () => Promise.resolve() },
      { max: this.limit, acquireTimeoutMillis: settings.checkoutTimeout, fifo: true },
    );
  }

  get limit(): number {
    return this.settings.size + this.settings.overflow;
  }

  get inUse(): number {
    return this.slots.borrowed;
  }

  get waiting(): number {
    return this.slots.pending;
  }

  /**
   * @param signal gives up: a place that comes later is given back
   * @throws GatewayError `pool_timeout`, `unit_unavailable`, or the reason of the signal
   */
  async checkout(holder: Holder, sink: ReplySink, signal: AbortSignal): Promise<Lease> {
    if (this.slots.borrowed + this.slots.pending >= this.limit) this.reclaimOne();
    const slot = await this.slots.acquire().catch(() => {
      throw this.timeout();
    });
    try {
      signal.throwIfAborted();
      const link = await this.instance.open(sink, signal);
      const lease = new Lease(this.instance, holder, link, {
        released: async ended => {
          this.leases.delete(ended);
          await this.slots.release(slot);
        },
        parked: () => this.waiting > 0 && this.reclaimOne(),
      });
      this.leases.add(lease);
      return lease;
    } catch (thrown) {
      await this.slots.release(slot);
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.leases].map(lease => lease.release()));
    await this.slots.drain();
    await this.slots.clear();
  }

  /** Takes back the lease that nobody has used for longest; abandoned sessions must not lock out live ones. */
  private reclaimOne(): void {
    const parked = [...this.leases].filter(lease => !lease.ending && !lease.holder.busy);
    parked.sort(
      (a, b) => Number(a.holder.attached) - Number(b.holder.attached) || a.holder.lastActiveAt - b.holder.lastActiveAt,
    );
    parked[0]?.holder.reclaim();
  }

  private timeout(): GatewayError {
    const waited = this.settings.checkoutTimeout;
    return new GatewayError(
      'pool_timeout',
      `No lease became free within ${waited} ms: all ${this.limit} of unit "${this.instance.unit}" are in use. ` +
        'More room: a larger size or overflow for the unit, or another instance.',
      waited,
    );
  }
}
