import { Balance, healthyFirst, IsOut, NONE_OUT } from './balance.js';

/**
 * The less loaded of two nodes drawn at random ("power of two choices"): nearly as even as the least loaded of all, and
 * callers that decide at the same moment do not all run to the same node. Behind it come the others by their load. A
 * load counts in proportion to the node's weight; equal ones take turns.
 */
export class LeastLoaded extends Balance {
  private readonly weights = new Map<string, number>();
  private turn = 0;

  constructor(
    /** What a node has to do now, 0 or more, in any unit that is the same for all. */
    private readonly load: (node: string) => number,
    /** 0 ≤ random < 1. */
    private readonly random: () => number = Math.random,
  ) {
    super();
  }

  add(node: string, weight: number): void {
    this.weights.set(node, weight);
  }

  remove(node: string): void {
    this.weights.delete(node);
  }

  order(_key: string, isOut: IsOut = NONE_OUT): string[] {
    const nodes = [...this.weights.keys()];
    const start = nodes.length === 0 ? 0 : this.turn++ % nodes.length;
    const rotated = [...nodes.slice(start), ...nodes.slice(0, start)];
    const loads = new Map(rotated.map(node => [node, this.load(node) / this.weights.get(node)!]));
    const byLoad = healthyFirst(
      rotated.sort((a, b) => loads.get(a)! - loads.get(b)!),
      isOut,
    );
    const chosen = byLoad[this.betterOfTwo(byLoad.filter(node => !isOut(node)).length)];
    return chosen === undefined ? byLoad : [chosen, ...byLoad.filter(node => node !== chosen)];
  }

  /** Index of the better of two different places drawn from `count` places that are sorted, best first. */
  private betterOfTwo(count: number): number {
    if (count <= 2) return 0;
    const first = Math.floor(this.random() * count);
    const second = Math.floor(this.random() * (count - 1));
    return Math.min(first, second >= first ? second + 1 : second);
  }
}
