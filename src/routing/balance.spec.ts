import { Balance } from './balance.js';
import { LeastLoaded } from './least-loaded.js';
import { Ring } from './ring.js';
import { RoundRobin } from './round-robin.js';

const out = (...nodes: string[]) => {
  return (node: string): boolean => nodes.includes(node);
};

/** Numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function filled<B extends Balance>(balance: B, weights: Record<string, number>): B {
  for (const [node, weight] of Object.entries(weights)) balance.add(node, weight);
  return balance;
}

/** The first nodes of so many orders. */
function firsts(balance: Balance, times: number, isOut = out()): string[] {
  return Array.from({ length: times }, (_, i) => balance.order(`key-${i}`, isOut)[0]!);
}

function countsOf(nodes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of nodes) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}

describe.each<[string, () => Balance]>([
  ['Ring', () => new Ring(150)],
  ['RoundRobin', () => new RoundRobin()],
  ['LeastLoaded', () => new LeastLoaded(() => 0, seeded(1))],
])('%s as a Balance', (_, make) => {
  const abcd = { a: 1, b: 1, c: 2, d: 1 };

  it('names every node once, those that are out behind the others', () => {
    const balance = filled(make(), abcd);
    for (let i = 0; i < 100; i++) {
      const order = balance.order(`key-${i}`, out('a', 'c'));
      expect(order.slice(0, 2).sort()).toEqual(['b', 'd']);
      expect(order.slice(2).sort()).toEqual(['a', 'c']);
    }
  });

  it('still spreads the work when all are out', () => {
    const balance = filled(make(), abcd);
    const orders = Array.from({ length: 100 }, (_, i) => balance.order(`key-${i}`, () => true));
    expect(orders.every(order => [...order].sort().join() === 'a,b,c,d')).toBe(true);
    expect(new Set(orders.map(([first]) => first)).size).toBe(4);
  });

  it('follows what comes and goes, down to nothing', () => {
    const balance = filled(make(), abcd);
    balance.remove('b');
    balance.remove('unknown');
    balance.add('e', 1);
    expect(balance.order('k').sort()).toEqual(['a', 'c', 'd', 'e']);
    for (const node of ['a', 'c', 'd', 'e']) balance.remove(node);
    expect(balance.order('k')).toEqual([]);
  });
});

describe('RoundRobin', () => {
  it('gives each its turn, and names the others in the order of theirs', () => {
    const balance = filled(new RoundRobin(), { a: 1, b: 1, c: 1 });
    expect([1, 2, 3, 4].map(() => balance.order('k').join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('gives turns by weight, spread in time', () => {
    expect(firsts(filled(new RoundRobin(), { a: 5, b: 1, c: 1 }), 14).join('')).toBe('aabacaaaabacaa');
  });

  it('shares the turns of a node that is out among all others', () => {
    const balance = filled(new RoundRobin(), { a: 1, b: 1, c: 1, d: 1 });
    expect(countsOf(firsts(balance, 300, out('b')))).toEqual({ a: 100, c: 100, d: 100 });
    expect(countsOf(firsts(balance, 400))).toEqual({ a: 100, b: 100, c: 100, d: 100 });
  });

  it('gives a newcomer no more than its turn, however often nodes have come and gone', () => {
    const balance = filled(new RoundRobin(), { a: 1, b: 1 });
    for (let i = 0; i < 100; i++) {
      balance.add('brief', 1);
      balance.order('k');
      balance.remove('brief');
    }
    balance.add('new', 1);
    expect(countsOf(firsts(balance, 30))).toEqual({ a: 10, b: 10, new: 10 });
  });
});

describe('LeastLoaded', () => {
  it('names the less loaded first, and the rest by load', () => {
    const loads: Record<string, number> = { a: 2, b: 0, c: 1 };
    const balance = filled(new LeastLoaded(node => loads[node]!, seeded(1)), { a: 1, b: 1 });
    expect(balance.order('k')).toEqual(['b', 'a']);
    loads.b = 3;
    expect(balance.order('k')).toEqual(['a', 'b']);
    balance.add('c', 1);
    const orders = new Set(Array.from({ length: 50 }, () => balance.order('k').join('')));
    // Two of three are drawn: b, the most loaded one, is never the better of them.
    expect([...orders].sort()).toEqual(['acb', 'cab']);
  });

  it('takes the load in proportion to the weight', () => {
    const loads: Record<string, number> = { small: 2, large: 3 };
    const balance = filled(new LeastLoaded(node => loads[node]!), { small: 1, large: 2 });
    expect(balance.order('k')).toEqual(['large', 'small']);
    loads.large = 5;
    expect(balance.order('k')).toEqual(['small', 'large']);
  });

  it('lets equal ones take turns', () => {
    const balance = filled(new LeastLoaded(() => 7), { a: 1, b: 1 });
    expect(firsts(balance, 4)).toEqual(['a', 'b', 'a', 'b']);
    expect(countsOf(firsts(filled(new LeastLoaded(() => 0, seeded(2)), { a: 1, b: 1, c: 1 }), 3_000))).toEqual({
      a: expect.closeTo(1_000, -2),
      b: expect.closeTo(1_000, -2),
      c: expect.closeTo(1_000, -2),
    });
  });

  it('keeps loads far closer together than chance would', () => {
    const spreadOf = (choose: (loads: Record<string, number>) => string): number => {
      const loads = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, 0]));
      for (let i = 0; i < 20_000; i++) loads[choose(loads)]!++;
      return Math.max(...Object.values(loads)) - 1_000;
    };
    const random = seeded(3);
    const byChance = spreadOf(() => `n${Math.floor(random() * 20)}`);
    let loads: Record<string, number> = {};
    const balance = new LeastLoaded(node => loads[node]!, seeded(3));
    for (let i = 0; i < 20; i++) balance.add(`n${i}`, 1);
    const byLoad = spreadOf(now => {
      loads = now;
      return balance.order('k')[0]!;
    });
    expect(byChance).toBeGreaterThan(30);
    expect(byLoad).toBeLessThanOrEqual(4);
  });

  it('draws only among those that are not out', () => {
    const loads: Record<string, number> = { a: 0, b: 0, c: 5, d: 6, e: 7 };
    const balance = filled(new LeastLoaded(node => loads[node]!, seeded(4)), { a: 1, b: 1, c: 1, d: 1, e: 1 });
    const counts = countsOf(firsts(balance, 300, out('a', 'b')));
    expect(Object.keys(counts).sort()).toEqual(['c', 'd']);
    expect(counts.c).toBeGreaterThan(counts.d!);
  });
});
