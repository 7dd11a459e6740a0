import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Way } from './connector.js';

/** Instances as they come and go while the gateway runs. Sessions elsewhere notice nothing. */
export class UnitRegistry {
  constructor(private readonly way: Way) {}

  get units(): readonly Unit[] {
    return this.way.router.units;
  }

  /** @throws GatewayError `unit_not_found`, `invalid_request` if the unit has one of that id */
  add(unit: Unit, instance: Instance): void {
    this.way.router.add(unit.name, instance);
    this.way.pools.add(unit, instance);
  }

  /** Nothing new goes there; what is in flight comes to its end. Resolves when nothing is left of it. */
  async remove(unit: Unit, id: string): Promise<void> {
    const instance = this.way.router.remove(unit.name, id);
    if (!instance) return;
    await this.way.pools.remove(id);
    if (!unit.instances.some(one => one.id === id)) this.way.circuits.forget(instance);
  }

  resize(unit: Unit, size: number, overflow: number): void {
    this.way.pools.resize(unit.name, { size, overflow });
  }
}
