/** Milliseconds between two steps, and steps until all are back. */
const STEP = 500;
const STEPS = 20;

interface Place<T> {
  readonly away: Set<T>;
  /** How many go in one step; 0 while nobody may go back. */
  pace: number;
}

/**
 * Those who have left places, and go back when they may: a few first and all within ten seconds, so that a place that is
 * not well after all is found out by few (slow start, as load balancers have it for servers that come back).
 */
export class SlowStart<P, T> {
  private readonly left = new Map<P, Place<T>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param goBack returns whether it is done with: false to be asked again in the next step */
  constructor(private readonly goBack: (place: P, one: T) => boolean) {}

  /** Whoever has left a place before is still at home there. */
  add(place: P, one: T): void {
    for (const { away } of this.left.values()) if (away.has(one)) return;
    let known = this.left.get(place);
    if (!known) this.left.set(place, (known = { away: new Set(), pace: 0 }));
    known.away.add(one);
  }

  delete(one: T): void {
    for (const [place, { away }] of this.left) if (away.delete(one) && away.size === 0) this.left.delete(place);
  }

  /** Those that somebody has left. */
  places(): P[] {
    return [...this.left.keys()];
  }

  /** Nobody goes back there for now. */
  hold(place: P): void {
    const known = this.left.get(place);
    if (known) known.pace = 0;
  }

  /** From now on they may go back there. */
  begin(place: P): void {
    const known = this.left.get(place);
    if (!known || known.pace > 0) return;
    known.pace = Math.ceil(known.away.size / STEPS);
    this.timer ??= setInterval(() => this.step(), STEP).unref();
    this.stepAt(place, known);
  }

  private step(): void {
    for (const [place, known] of this.left) if (known.pace > 0) this.stepAt(place, known);
    if ([...this.left.values()].some(({ pace }) => pace > 0)) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private stepAt(place: P, known: Place<T>): void {
    let going = known.pace;
    for (const one of known.away) {
      if (going-- === 0) break;
      known.away.delete(one);
      if (!this.goBack(place, one)) known.away.add(one);
    }
    if (known.away.size === 0) this.left.delete(place);
  }
}
