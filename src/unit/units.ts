import { Unit } from '../kernel/unit.js';

/** The configured units. */
export class Units {
  constructor(readonly all: readonly Unit[]) {}
}
