import { CircuitVitals, Load, PoolVitals, Vitals } from '../../kernel/vitals.js';
import { Way } from './binding.js';
import { OperationsIntake } from './intake.js';

export class OperationsVitals extends Vitals {
  constructor(
    private readonly intake: OperationsIntake,
    private readonly way: Way,
  ) {
    super();
  }

  get draining(): boolean {
    return this.intake.isDraining;
  }

  load(): Load {
    return this.intake.load();
  }

  pools(): PoolVitals[] {
    return this.way.pools.all().map(({ instance, parked, leases, waiting, size, overflow, limit }) => ({
      unit: instance.unit,
      instance: instance.id,
      inUse: leases - parked,
      parked,
      leases,
      waiting,
      size,
      overflow,
      limit,
    }));
  }

  circuits(): CircuitVitals[] {
    return this.way.pools.all().map(({ instance }) => ({
      unit: instance.unit,
      instance: instance.id,
      state: this.way.circuits.state(instance),
      out: this.way.health.isOut(instance),
    }));
  }
}
