/**
 * A name in which `*` stands for any characters, also none. Each part is looked for once, from left to right, so that
 * no name can make it slow.
 */
export class Glob {
  private readonly parts: readonly string[];

  constructor(pattern: string) {
    this.parts = pattern.split('*');
  }

  matches(name: string): boolean {
    const first = this.parts[0]!;
    if (this.parts.length === 1) return name === first;
    const last = this.parts.at(-1)!;
    const end = name.length - last.length;
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of this.parts.slice(1, -1)) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  }
}

/** Whether any of several fits. */
export class Globs {
  private readonly globs: readonly Glob[];

  constructor(patterns: readonly string[]) {
    this.globs = patterns.map(pattern => new Glob(pattern));
  }

  get isEmpty(): boolean {
    return this.globs.length === 0;
  }

  match(name: string): boolean {
    return this.globs.some(glob => glob.matches(name));
  }
}
