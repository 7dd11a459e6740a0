/** Tools, and other methods, that are told apart. */
const MOST = 256;
/** Characters of a name that is told apart. */
const LONGEST = 128;
/** What has not been heard of for so long makes room for others, in ms. */
const STALE = 60_000;
/** Answers of a kind, and how long they are collected at least, in ms, until their mean is learned from. */
const ENOUGH = 8;
const BATCH = 1_000;
/** Nothing counts as quicker: below, it is the gateway's own event loop that is measured. In ms. */
const QUICKEST = 2;
/** How much a mean moves what is learned: when it is less, when it is more, and when it is so much more that it may be a queue. */
const DOWN = 0.3;
const UP = 0.05;
const FAR_UP = 0.001;

interface Kind {
  /** Mean latency without load, in ms; NaN until enough is known. */
  unloadedMs: number;
  since: number;
  heardAt: number;
  n: number;
  sumMs: number;
}

/** How long answers took against what their kinds take without load. */
export interface Comparison {
  compared: number;
  /** How long those took together, and how long they would have taken without load; in ms. */
  comparedMs: number;
  unloadedMs: number;
}

/**
 * What each kind of call takes at a unit without load. A kind is a JSON-RPC method; a tool of its own for `tools/call`. Means
 * of a second or more are followed quickly downwards and slowly upwards, so that load leaves hardly a trace.
 */
export class UnloadedLatency {
  private readonly methods = new Map<string, Kind>();
  private readonly tools = new Map<string, Kind>();
  private sweptAt = -Infinity;

  /**
   * @param now monotonic milliseconds
   * @param into where it is counted, once its kind is known
   * @param learns whether it tells what calls take without load
   */
  note(method: string, tool: string | undefined, tookMs: number, now: number, into: Comparison, learns: boolean): void {
    const kind = tool === undefined ? this.kind(this.methods, method, now) : this.kind(this.tools, tool, now);
    if (!kind) return;
    kind.heardAt = now;
    if (kind.unloadedMs > 0) {
      into.compared++;
      into.comparedMs += tookMs;
      into.unloadedMs += kind.unloadedMs;
    }
    kind.n++;
    kind.sumMs += tookMs;
    if (kind.n >= ENOUGH && now - kind.since >= BATCH) learn(kind, now, learns);
  }

  private kind(kinds: Map<string, Kind>, name: string, now: number): Kind | undefined {
    return kinds.get(name) ?? this.add(kinds, name, now);
  }

  private add(kinds: Map<string, Kind>, name: string, now: number): Kind | undefined {
    if (name.length > LONGEST) return undefined;
    if (kinds.size >= MOST) this.sweep(kinds, now);
    if (kinds.size >= MOST) return undefined;
    const kind: Kind = { unloadedMs: NaN, since: now, heardAt: now, n: 0, sumMs: 0 };
    kinds.set(name, kind);
    return kind;
  }

  private sweep(kinds: Map<string, Kind>, now: number): void {
    if (now - this.sweptAt < BATCH) return;
    this.sweptAt = now;
    for (const [name, { heardAt }] of kinds) if (now - heardAt >= STALE) kinds.delete(name);
  }
}

function learn(kind: Kind, now: number, learns: boolean): void {
  const mean = Math.max(QUICKEST, kind.sumMs / kind.n);
  kind.n = 0;
  kind.sumMs = 0;
  kind.since = now;
  if (!learns) return;
  const { unloadedMs } = kind;
  if (!(unloadedMs > 0)) kind.unloadedMs = mean;
  else if (mean < unloadedMs) kind.unloadedMs += DOWN * (mean - unloadedMs);
  else if (mean <= 2 * unloadedMs) kind.unloadedMs += UP * (mean - unloadedMs);
  else kind.unloadedMs *= 1 + FAR_UP;
}
