/** Time, so that tests can hold it. Wall clock for what people read, monotonic for what is measured. */
export abstract class Clock {
  /** Milliseconds since the epoch. */
  abstract now(): number;
  /** Monotonic milliseconds with a fraction; only differences mean anything. */
  abstract elapsed(): number;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now();
  }
}
