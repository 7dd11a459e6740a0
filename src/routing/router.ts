import { GatewayError } from '../kernel/errors.js';
import { BalanceName, Instance, LiveUnit, Unit } from '../kernel/ports/unit.js';
import { Balance, healthyFirst } from './balance.js';
import { InstanceHealth } from './instance-health.js';
import { LeastLoaded } from './least-loaded.js';
import { Ring } from './ring.js';
import { RoundRobin } from './round-robin.js';

export interface RouterSettings {
  /** Points of an instance of weight 1 on the ring. */
  vnodes: number;
  /** What an instance has to do now; only comparisons within a unit count. */
  load: (instance: Instance) => number;
  /** Whether an instance gets nothing while another can take it, by its id. */
  isAvoided?: (id: string) => boolean;
  /** 0 ≤ random < 1. */
  random?: () => number;
}

/** A unit with its balance and its instances by id. */
interface Entry {
  readonly unit: LiveUnit;
  readonly balance: Balance;
  readonly instances: Map<string, Instance>;
}

/**
 * Which unit a caller means, and in which order its instances are tried. The router alone says which instances a unit
 * has: `Unit.instances` is what it wrote there last.
 */
export class Router {
  private readonly entries = new Map<string, Entry>();

  constructor(
    units: readonly LiveUnit[],
    private readonly health: InstanceHealth,
    private readonly settings: RouterSettings,
  ) {
    for (const unit of units) {
      const instances = new Map<string, Instance>();
      const entry = { unit, instances, balance: this.balanceFor(unit.balance, instances) };
      this.entries.set(unit.name, entry);
      for (const instance of unit.instances) put(entry, instance);
    }
  }

  get units(): readonly Unit[] {
    return [...this.entries.values()].map(({ unit }) => unit);
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  /**
   * The unit a caller means: the one it named, or the only one there is.
   * @throws GatewayError `unit_not_found`, `unit_required`
   */
  unit(name: string | undefined): Unit {
    if (name !== undefined) return this.entry(name).unit;
    const [only, ...others] = this.entries.values();
    if (only && others.length === 0) return only.unit;
    throw new GatewayError('unit_required', `Choose a unit with ?unit=NAME: ${this.names.join(', ')}.`);
  }

  /**
   * Instances in the order in which they should be tried for `key`: those that are well, those to be avoided, and those
   * that are out. None if the unit has none.
   * @throws GatewayError `unit_not_found`
   */
  candidates(unit: Unit, key: string): Instance[] {
    const { balance, instances } = this.entry(unit.name);
    const { isAvoided = () => false } = this.settings;
    const isOut = (id: string): boolean => this.health.isOut(instances.get(id)!);
    const order = balance.order(key, id => isOut(id) || isAvoided(id));
    return healthyFirst(order, isOut).map(id => instances.get(id)!);
  }

  /** Points that an instance has on its unit's ring; 0 where the unit has none. @throws GatewayError `unit_not_found` */
  points(unitName: string, instanceId: string): number {
    const { balance } = this.entry(unitName);
    return balance instanceof Ring ? balance.points(instanceId) : 0;
  }

  /**
   * Takes an instance into service.
   * @throws GatewayError `unit_not_found`, `invalid_request` if the unit has one with this id
   */
  add(unitName: string, instance: Instance): void {
    const entry = this.entry(unitName);
    if (entry.instances.has(instance.id)) {
      throw new GatewayError('invalid_request', `The unit has an instance "${instance.id}" already.`);
    }
    put(entry, instance);
    publish(entry);
  }

  /**
   * Takes an instance out of service; its links and leases are for the caller to end. Undefined if there is none of
   * that id.
   * @throws GatewayError `unit_not_found`
   */
  remove(unitName: string, instanceId: string): Instance | undefined {
    const entry = this.entry(unitName);
    const instance = entry.instances.get(instanceId);
    if (!instance) return undefined;
    entry.instances.delete(instanceId);
    entry.balance.remove(instanceId);
    publish(entry);
    this.health.forget(instance);
    return instance;
  }

  private entry(name: string): Entry {
    const found = this.entries.get(name);
    if (!found) throw new GatewayError('unit_not_found', `No such unit. Configured: ${this.names.join(', ')}.`);
    return found;
  }

  private balanceFor(name: BalanceName, instances: ReadonlyMap<string, Instance>): Balance {
    const { vnodes, load, random } = this.settings;
    if (name === 'round_robin') return new RoundRobin();
    if (name === 'least_loaded') return new LeastLoaded(id => load(instances.get(id)!), random);
    return new Ring(vnodes);
  }
}

function put({ balance, instances }: Entry, instance: Instance): void {
  instances.set(instance.id, instance);
  balance.add(instance.id, instance.weight);
}

/** A new array each time: whoever is just going through the old one is not disturbed. */
function publish({ unit, instances }: Entry): void {
  unit.instances = [...instances.values()];
}
