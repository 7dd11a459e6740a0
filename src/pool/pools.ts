import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Instance, ReplySink, Unit } from '../kernel/unit.js';
import { InstancePool, PoolSettings, Sizing } from './instance-pool.js';
import { Holder, Lease } from './lease.js';

/** The pools of all instances, as those come and go. */
export class Pools {
  private readonly pools = new Map<string, InstancePool>();
  /** Pools of instances that are out of service and have leases out still. */
  private readonly leaving = new Set<InstancePool>();

  /** @param random 0 ≤ random < 1, for the delays after failures */
  constructor(
    units: readonly Unit[],
    private readonly settings: PoolSettings,
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {
    for (const unit of units) for (const instance of unit.instances) this.add(unit, instance);
  }

  /** Takes an instance into service, sized as its unit says; one of the same id drains first or beside it. */
  add({ size, overflow }: Sizing, instance: Instance): void {
    void this.remove(instance.id);
    this.pools.set(instance.id, new InstancePool(instance, { size, overflow }, this.settings, this.clock, this.random));
  }

  /**
   * Takes an instance out of service: nothing new is checked out, what is in flight comes to its end.
   * Resolves when no lease is left; at once for an unknown id.
   */
  async remove(instanceId: string): Promise<void> {
    const pool = this.pools.get(instanceId);
    if (!pool) return;
    this.pools.delete(instanceId);
    this.leaving.add(pool);
    await pool.drain();
    this.leaving.delete(pool);
  }

  /** Sizes the pools of a unit's instances anew. */
  resize(unit: string, sizing: Sizing): void {
    for (const pool of this.pools.values()) if (pool.instance.unit === unit) pool.resize(sizing);
  }

  /**
   * @param forced waits however long it is until the next attempt at an instance that fails
   * @throws GatewayError `pool_timeout`, `unit_unavailable`, or the reason of the signal
   */
  async checkout(
    instance: Instance,
    holder: Holder,
    sink: ReplySink,
    signal: AbortSignal,
    forced = false,
  ): Promise<Lease> {
    return this.of(instance).checkout(holder, sink, signal, forced);
  }

  /** `count` leases or none, see `InstancePool.checkoutMany`. */
  async checkoutMany(
    instance: Instance,
    count: number,
    holder: Holder,
    sinkFor: (i: number) => ReplySink,
    signal: AbortSignal,
  ): Promise<Lease[]> {
    return this.of(instance).checkoutMany(count, holder, sinkFor, signal);
  }

  /**
   * Leases in use and callers that wait for one. Parked leases are a fraction below 1, which decides between instances
   * that have as much to do. 0 for an instance that is not in service.
   */
  load(instance: Instance): number {
    const pool = this.pools.get(instance.id);
    if (!pool) return 0;
    const { parked, leases, waiting } = pool;
    return leases - parked + waiting + parked / (leases + 1);
  }

  /** Whether a lease could be had without waiting and without taking it from anybody. */
  hasRoom(instance: Instance): boolean {
    const pool = this.pools.get(instance.id);
    return pool !== undefined && pool.leases + pool.waiting < pool.limit;
  }

  /** @param now milliseconds since the epoch */
  reapIdle(now: number): void {
    for (const pool of this.all()) pool.reapIdle(now);
  }

  /** Also those of instances that are out of service, while leases are out. */
  all(): InstancePool[] {
    return [...this.leaving, ...this.pools.values()];
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map(pool => pool.close()));
  }

  private of({ id }: Instance): InstancePool {
    const pool = this.pools.get(id);
    if (!pool) throw new GatewayError('unit_unavailable', `"${id}" is not in service.`);
    return pool;
  }
}
