import { Instance, LiveUnit } from './unit.js';

/** The configured units. Which instances they have at run time, the router says. */
export class Units {
  constructor(readonly all: readonly LiveUnit[]) {}
}

/** How much each instance has to do now; only comparisons within a unit count. */
export abstract class InstanceLoads {
  abstract load(instance: Instance): number;
}
