import { GatewayError } from '../kernel/errors.js';
import { Instance, ReplySink, Unit } from '../kernel/ports/unit.js';
import { InstanceLoads } from '../kernel/ports/units.js';
import { InstancePool, PoolParts, PoolSettings, Sizing } from './instance-pool.js';
import { Holder, Lease } from './lease.js';

/** The pools of all instances, as those come and go. */
export class Pools extends InstanceLoads {
  private readonly pools = new Map<string, InstancePool>();
  /** How pools are sized where nobody says otherwise, by instance. */
  private readonly configured = new Map<string, Sizing>();
  /** Sizes that somebody has set meanwhile, by instance. */
  private sizes: ReadonlyMap<string, number> = new Map();
  /** Pools of instances that are out of service and have leases out still. */
  private readonly leaving = new Set<InstancePool>();

  constructor(
    units: readonly Unit[],
    private readonly settings: PoolSettings,
    private readonly parts: PoolParts,
  ) {
    super();
    for (const unit of units) for (const instance of unit.instances) this.add(unit, instance);
  }

  /** Takes an instance into service, sized as its unit says; one of the same id drains first or beside it. */
  add({ size, overflow }: Sizing, instance: Instance): void {
    void this.remove(instance.id);
    this.configured.set(instance.id, { size, overflow });
    const sizing = this.sizingOf(instance.id, { size, overflow });
    this.pools.set(instance.id, new InstancePool(instance, sizing, this.settings, this.parts));
  }

  /**
   * Takes an instance out of service: nothing new is checked out, what is in flight comes to its end.
   * Resolves when no lease is left; at once for an unknown id.
   */
  async remove(instanceId: string): Promise<void> {
    const pool = this.pools.get(instanceId);
    if (!pool) return;
    this.pools.delete(instanceId);
    this.configured.delete(instanceId);
    this.leaving.add(pool);
    await pool.drain();
    this.leaving.delete(pool);
  }

  /** Sizes the pools of a unit's instances anew. */
  resize(unit: string, sizing: Sizing): void {
    for (const [id, pool] of this.pools) {
      if (pool.instance.unit !== unit) continue;
      this.configured.set(id, sizing);
      pool.resize(this.sizingOf(id, sizing));
    }
  }

  /** Sizes that hold in place of the configured ones, by instance, until others are set; overflow stays as it is. */
  obey(sizes: ReadonlyMap<string, number>): void {
    if (sizes === this.sizes) return;
    this.sizes = sizes;
    for (const [id, pool] of this.pools) {
      const sizing = this.sizingOf(id, this.configured.get(id)!);
      if (sizing.size !== pool.size) pool.resize(sizing);
    }
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

  /** @param now milliseconds since the epoch @returns leases taken back */
  reapIdle(now: number, idleMs?: number): number {
    return this.all().reduce((count, pool) => count + pool.reapIdle(now, idleMs), 0);
  }

  /** Also those of instances that are out of service, while leases are out. */
  all(): InstancePool[] {
    return [...this.leaving, ...this.pools.values()];
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map(pool => pool.close()));
  }

  private sizingOf(id: string, { size, overflow }: Sizing): Sizing {
    const set = this.sizes.get(id);
    return { size: set === undefined ? size : Math.max(1, Math.floor(set)), overflow };
  }

  private of({ id }: Instance): InstancePool {
    const pool = this.pools.get(id);
    if (!pool) throw new GatewayError('unit_unavailable', `"${id}" is not in service.`);
    return pool;
  }
}
