import { Clock } from '../../src/kernel/clock.js';

/** A clock that goes on when it is told to. */
export class HandClock extends Clock {
  private ms = 0;

  now(): number {
    return 1_800_000_000_000 + this.ms;
  }

  elapsed(): number {
    return this.ms;
  }

  pass(ms: number): void {
    this.ms += ms;
  }
}
