import { Instance, ReplySink, Unit } from '../kernel/unit.js';
import { InstancePool } from './instance-pool.js';
import { Holder, Lease } from './lease.js';

/** The pools of all instances. */
export class Pools {
  private readonly pools = new Map<string, InstancePool>();

  constructor(units: readonly Unit[], checkoutTimeout: number) {
    for (const { instances, size, overflow } of units) {
      for (const instance of instances) {
        this.pools.set(instance.id, new InstancePool(instance, { size, overflow, checkoutTimeout }));
      }
    }
  }

  /** @throws GatewayError `pool_timeout`, `unit_unavailable` */
  checkout(instance: Instance, holder: Holder, sink: ReplySink, signal: AbortSignal): Promise<Lease> {
    return this.pools.get(instance.id)!.checkout(holder, sink, signal);
  }

  all(): IterableIterator<InstancePool> {
    return this.pools.values();
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map(pool => pool.close()));
  }
}
