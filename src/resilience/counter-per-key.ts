/** How many places each key takes up; keys that take up none are not kept. */
export class CounterPerKey {
  private readonly taken = new Map<string, number>();

  constructor(private readonly places: number) {}

  isFull(key: string): boolean {
    return (this.taken.get(key) ?? 0) >= this.places;
  }

  enter(key: string): void {
    this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
  }

  leave(key: string): void {
    const taken = this.taken.get(key) ?? 0;
    if (taken > 1) this.taken.set(key, taken - 1);
    else this.taken.delete(key);
  }

  get keys(): number {
    return this.taken.size;
  }
}
