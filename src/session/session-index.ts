/** Members by a name that several may share; names nobody has any more are forgotten. */
export class SessionIndex<T> {
  private readonly sets = new Map<string, Set<T>>();

  get(name: string): ReadonlySet<T> {
    return this.sets.get(name) ?? (EMPTY as ReadonlySet<T>);
  }

  add(name: string, member: T): void {
    const set = this.sets.get(name);
    if (set) set.add(member);
    else this.sets.set(name, new Set([member]));
  }

  delete(name: string, member: T): void {
    const set = this.sets.get(name);
    if (set?.delete(member) && set.size === 0) this.sets.delete(name);
  }
}

const EMPTY: ReadonlySet<unknown> = new Set();
