import { Balance, healthyFirst, IsOut, NONE_OUT } from './balance.js';

/**
 * Turns in proportion to the weights, evenly spread in time: smooth weighted round robin, as nginx does it. Each turn
 * gives every node its weight as credit and takes all of it from the one that is chosen. Nodes that are out take no part,
 * so that their turns fall to all others alike and not to whoever comes next.
 */
export class RoundRobin extends Balance {
  private readonly nodes = new Map<string, { weight: number; credit: number }>();

  add(node: string, weight: number): void {
    this.nodes.set(node, { weight, credit: 0 });
    this.beginAnew();
  }

  remove(node: string): void {
    if (this.nodes.delete(node)) this.beginAnew();
  }

  order(_key: string, isOut: IsOut = NONE_OUT): string[] {
    const all = [...this.nodes];
    const up = all.filter(([node]) => !isOut(node));
    let total = 0;
    for (const [, share] of up.length > 0 ? up : all) {
      share.credit += share.weight;
      total += share.weight;
    }
    all.sort(([, a], [, b]) => b.credit - a.credit);
    const order = healthyFirst(
      all.map(([node]) => node),
      isOut,
    );
    if (order.length > 0) this.nodes.get(order[0]!)!.credit -= total;
    return order;
  }

  /** Credits sum up to 0 only among the nodes that earned them: without this, a newcomer would get a row of turns. */
  private beginAnew(): void {
    for (const share of this.nodes.values()) share.credit = 0;
  }
}
