/** Makes a rate of a total that only grows. */
export class Rate {
  private total: number | undefined;
  private at = 0;

  /**
   * @param now monotonic ms
   * @returns growth per second since the last reading; 0 for the first, and where no time has passed or the total is less
   */
  next(total: number, now: number): number {
    const grown = this.total === undefined ? 0 : total - this.total;
    const seconds = (now - this.at) / 1000;
    this.total = total;
    this.at = now;
    return seconds > 0 ? Math.max(0, grown) / seconds : 0;
  }
}

/** Adds up what a tally counts apart. */
export function sumOf(counts: { entries(): Iterable<readonly [unknown, number]> }): number {
  let sum = 0;
  for (const [, value] of counts.entries()) sum += value;
  return sum;
}
