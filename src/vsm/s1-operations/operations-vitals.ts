import { CircuitVitals, Load, PoolVitals, Vitals } from '../../kernel/vitals.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { OperationsIntake } from './intake.js';

export class OperationsVitals extends Vitals {
  constructor(
    private readonly intake: OperationsIntake,
    private readonly allPools: Pools,
    private readonly allCircuits: Circuits,
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
    return [...this.allPools.all()].map(({ instance, inUse, waiting, limit }) => ({
      unit: instance.unit,
      instance: instance.id,
      inUse,
      waiting,
      limit,
    }));
  }

  circuits(): CircuitVitals[] {
    return [...this.allPools.all()].map(({ instance }) => ({
      unit: instance.unit,
      instance: instance.id,
      state: this.allCircuits.state(instance),
    }));
  }
}
