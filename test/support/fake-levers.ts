import { LeverName, Levers, LEVER_OWNERS, LeverSnapshot, LeverValues } from '../../src/kernel/ports/levers.js';

/** Levers that a test sets without a board. */
export class FakeLevers extends Levers {
  private current = Object.fromEntries(
    Object.keys(LEVER_OWNERS).map(name => [name, new Map<string, unknown>()]),
  ) as unknown as LeverSnapshot;
  private readonly listeners = new Set<(now: LeverSnapshot) => void>();

  get now(): LeverSnapshot {
    return this.current;
  }

  until(): null {
    return null;
  }

  onChange(listener: (now: LeverSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** @param value undefined releases it */
  set<L extends LeverName>(lever: L, target: string, value: LeverValues[L] | undefined): void {
    const values = new Map<string, unknown>(this.current[lever]);
    if (value === undefined) values.delete(target);
    else values.set(target, value);
    this.current = { ...this.current, [lever]: values };
    for (const listener of this.listeners) listener(this.current);
  }
}
