/** Whether an instance is out of service at this moment, by its id. */
export type IsOut = (node: string) => boolean;

export const NONE_OUT: IsOut = () => false;

/** In which order the instances of one unit are tried. Nodes are instance ids. */
export abstract class Balance {
  /** A node that is there already gets the new weight. */
  abstract add(node: string, weight: number): void;
  /** Does nothing for a node that is not there. */
  abstract remove(node: string): void;
  /**
   * Every node once, in the order in which they should be tried; those that are out come last, so that something is
   * tried even when all are.
   * @param key what should find the same node again; only the ring looks at it
   */
  abstract order(key: string, isOut?: IsOut): string[];
}

/** The same nodes in the same order, but those that are out behind all others. */
export function healthyFirst(nodes: readonly string[], isOut: IsOut): string[] {
  const out = nodes.filter(isOut);
  return out.length === 0 ? [...nodes] : [...nodes.filter(node => !out.includes(node)), ...out];
}
