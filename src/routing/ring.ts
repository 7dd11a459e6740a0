import { createHash } from 'node:crypto';

interface Point {
  hash: number;
  node: string;
}

/** The first 48 bits of SHA-1: even enough that shares follow the weights, and exact in a double. */
function hashOf(key: string): number {
  return createHash('sha1').update(key).digest().readUIntBE(0, 6);
}

/**
 * A consistent-hash ring. A node has `vnodes × weight` points; a key belongs to the first point at or after its own
 * hash. Points depend on the node's name alone, so taking a node out and back in restores the map exactly.
 */
export class Ring {
  private points: Point[] = [];
  private readonly weights = new Map<string, number>();

  constructor(private readonly vnodes: number) {}

  get nodes(): string[] {
    return [...this.weights.keys()];
  }

  add(node: string, weight = 1): void {
    this.weights.set(node, weight);
    this.rebuild();
  }

  remove(node: string): void {
    this.weights.delete(node);
    this.rebuild();
  }

  /** All nodes in the order in which they would serve `key`: the owner first, then its replicas. */
  *preference(key: string): Generator<string> {
    const seen = new Set<string>();
    const start = this.firstAtOrAfter(hashOf(key));
    for (let i = 0; i < this.points.length && seen.size < this.weights.size; i++) {
      const { node } = this.points[(start + i) % this.points.length]!;
      if (seen.has(node)) continue;
      seen.add(node);
      yield node;
    }
  }

  private firstAtOrAfter(hash: number): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.points[middle]!.hash < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private rebuild(): void {
    this.points = [];
    for (const [node, weight] of this.weights) {
      const count = Math.max(1, Math.round(this.vnodes * weight));
      for (let i = 0; i < count; i++) this.points.push({ hash: hashOf(`${node}#${i}`), node });
    }
    this.points.sort((a, b) => a.hash - b.hash || (a.node < b.node ? -1 : 1));
  }
}
