/** What of one upstream session waits for its turn, found again by who asked and under which id. */
export class Backlog<T> {
  private readonly scopes = new Map<string, Map<string, T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  countOf(scope: string): number {
    return this.scopes.get(scope)?.size ?? 0;
  }

  has(scope: string, id: string): boolean {
    return this.scopes.get(scope)?.has(id) ?? false;
  }

  add(scope: string, id: string, one: T): void {
    const mine = this.scopes.get(scope);
    if (mine) mine.set(id, one);
    else this.scopes.set(scope, new Map([[id, one]]));
    this.count++;
  }

  take(scope: string, id: string): T | undefined {
    const mine = this.scopes.get(scope);
    const one = mine?.get(id);
    if (one === undefined) return undefined;
    mine!.delete(id);
    if (mine!.size === 0) this.scopes.delete(scope);
    this.count--;
    return one;
  }

  /** Takes all, or all of one scope. */
  takeAll(scope?: string): T[] {
    const of = scope === undefined ? [...this.scopes.keys()] : [scope];
    const taken = of.flatMap(one => [...(this.scopes.get(one)?.values() ?? [])]);
    for (const one of of) this.scopes.delete(one);
    this.count -= taken.length;
    return taken;
  }
}
