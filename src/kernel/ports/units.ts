import { LiveUnit } from './unit.js';

/** The configured units. Which instances they have at run time, the router says. */
export class Units {
  constructor(readonly all: readonly LiveUnit[]) {}
}
