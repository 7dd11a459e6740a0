import { GatewayError } from '../kernel/errors.js';
import { Instance, Unit } from '../kernel/unit.js';
import { Ring } from './ring.js';

/** Which unit a caller means, and in which order its instances serve a key. */
export class Router {
  private readonly units = new Map<string, { unit: Unit; ring: Ring; instances: Map<string, Instance> }>();

  constructor(units: readonly Unit[], vnodes: number) {
    for (const unit of units) {
      const ring = new Ring(vnodes);
      for (const instance of unit.instances) ring.add(instance.id, instance.weight);
      this.units.set(unit.name, { unit, ring, instances: new Map(unit.instances.map(i => [i.id, i])) });
    }
  }

  get names(): string[] {
    return [...this.units.keys()];
  }

  /**
   * The unit a caller means: the one it named, or the only one there is.
   * @throws GatewayError `unit_not_found`, `unit_required`
   */
  unit(name: string | undefined): Unit {
    if (name === undefined) {
      const [only, ...others] = this.units.values();
      if (only && others.length === 0) return only.unit;
      throw new GatewayError('unit_required', `Choose a unit with ?unit=NAME: ${this.names.join(', ')}.`);
    }
    const found = this.units.get(name);
    if (!found) throw new GatewayError('unit_not_found', `No such unit. Configured: ${this.names.join(', ')}.`);
    return found.unit;
  }

  /** Instances in the order in which they should be tried for `key`. */
  candidates(unit: Unit, key: string): Instance[] {
    const { ring, instances } = this.units.get(unit.name)!;
    return [...ring.preference(key)].map(id => instances.get(id)!);
  }
}
