import { Clock } from '../../src/kernel/clock.js';

/** Time that stands still until a test moves it; both clocks show the same. */
export class HeldClock extends Clock {
  ms = 0;
  now = (): number => this.ms;
  elapsed = (): number => this.ms;
}
