/** Microseconds of CLOCK_MONOTONIC: one clock for all processes of a machine. */
export function micros() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** Milliseconds of the same. */
export const clock = () => micros() / 1_000;
