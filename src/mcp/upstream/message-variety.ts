/** Methods, and tools, that are told apart; all others count as one kind. */
const MOST = 256;
/** Characters of a name that is told apart. */
const LONGEST = 128;
/** Milliseconds after which a message counts half. */
const HALF_LIFE = 60_000;
/** What counts less is forgotten: it was one message two half-lives ago. */
const LEAST = 0.5;

interface Count {
  n: number;
}

/**
 * How many kinds of messages come, and how evenly: the variety that whoever they are for has to absorb (Ashby's measure, the
 * Shannon entropy of the kinds in bits). A kind is a JSON-RPC method, or a tool
 * that is called.
 */
export class MessageVariety {
  private readonly methods = new Map<string, Count>();
  private readonly tools = new Map<string, Count>();
  private readonly rest: Count = { n: 0 };

  /** @param halvedAt monotonic milliseconds of now */
  constructor(private halvedAt: number) {}

  /**
   * @param tool that it calls
   * @param now monotonic milliseconds; may be up to a second old
   */
  note(method: string, tool: string | undefined, now: number): void {
    if (now - this.halvedAt >= HALF_LIFE) this.decay(now);
    if (tool !== undefined) this.count(this.tools, tool);
    else this.count(this.methods, method);
  }

  /** @param now monotonic milliseconds */
  read(now: number): { kinds: number; entropyBits: number } {
    if (now - this.halvedAt >= HALF_LIFE) this.decay(now);
    const counts = [...this.methods.values(), ...this.tools.values(), this.rest].map(({ n }) => n).filter(n => n > 0);
    const total = counts.reduce((sum, n) => sum + n, 0);
    let entropyBits = 0;
    for (const n of counts) entropyBits -= (n / total) * Math.log2(n / total);
    return { kinds: counts.length, entropyBits: Math.max(0, entropyBits) };
  }

  private count(kinds: Map<string, Count>, kind: string): void {
    const known = kinds.get(kind);
    if (known) known.n++;
    else if (kinds.size < MOST && kind.length <= LONGEST) kinds.set(kind, { n: 1 });
    else this.rest.n++;
  }

  private decay(now: number): void {
    const halvings = Math.floor((now - this.halvedAt) / HALF_LIFE);
    this.halvedAt += halvings * HALF_LIFE;
    const share = 0.5 ** halvings;
    for (const kinds of [this.methods, this.tools]) {
      for (const [kind, count] of kinds) if ((count.n *= share) < LEAST) kinds.delete(kind);
    }
    if ((this.rest.n *= share) < LEAST) this.rest.n = 0;
  }
}
