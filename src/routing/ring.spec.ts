import { Ring } from './ring.js';

type Naming = (index: number) => string;

const VNODES = 150;
const keys = Array.from({ length: 100_000 }, (_, i) => `session-${i}`);

const hostPort: Naming = i => `search/host-${i}.internal:8080`;
const slot: Naming = i => `files/stdio#${i}`;
const address: Naming = i => `u/10.0.0.${i}:80#${i}`;

function ringOf(count: number, name: Naming = slot, weightOf: (index: number) => number = () => 1): Ring {
  const ring = new Ring(VNODES);
  for (let i = 0; i < count; i++) ring.add(name(i), weightOf(i));
  return ring;
}

const owner = (ring: Ring, key: string): string => ring.preference(key).next().value as string;
const owners = (ring: Ring): string[] => keys.map(key => owner(ring, key));

/** The largest |share / due share - 1| of all nodes. */
function worstDeviation(count: number, name: Naming, weights: readonly number[]): number {
  const weightOf = (i: number): number => weights[i % weights.length]!;
  const nodes = Array.from({ length: count }, (_, i) => i);
  const total = nodes.reduce((sum, i) => sum + weightOf(i), 0);
  const got = new Map<string, number>();
  for (const node of owners(ringOf(count, name, weightOf))) got.set(node, (got.get(node) ?? 0) + 1);
  const deviations = nodes.map(i => (got.get(name(i)) ?? 0) / keys.length / (weightOf(i) / total) - 1);
  return Math.max(...deviations.map(Math.abs));
}

describe('Ring', () => {
  it.each([hostPort, slot, address].flatMap(name => [2, 3, 5, 10, 20].map(count => [count, name(0), name] as const)))(
    'spreads keys within 10 %% over %i nodes such as %s',
    (count, _, name) => {
      expect(worstDeviation(count, name, [1])).toBeLessThan(0.1);
    },
  );

  it.each([
    [3, [1, 2, 3], hostPort],
    [12, [1, 2, 3], slot],
    [4, [5, 1], address],
    [6, [2.5, 1, 1.5], hostPort],
  ])('spreads keys within 10 %% of unequal weights: %i nodes with %j', (count, weights, name) => {
    expect(worstDeviation(count, name, weights)).toBeLessThan(0.1);
  });

  it('moves the keys of a node that leaves to the next of their preference and no others, and restores the map', () => {
    const ring = ringOf(10);
    const before = keys.map(key => [...ring.preference(key)].slice(0, 2));
    ring.remove(slot(3));
    const without = owners(ring);
    expect(without).toEqual(before.map(([first, second]) => (first === slot(3) ? second : first)));
    const moved = before.filter(([first]) => first === slot(3)).length / keys.length;
    expect(moved).toBeGreaterThan(0.05);
    expect(moved).toBeLessThanOrEqual(0.1 + 0.05);
    ring.add(slot(3));
    expect(owners(ring)).toEqual(before.map(([first]) => first));
  });

  it('takes a share for a node that joins from all others, and moves nothing between those', () => {
    const ring = ringOf(9);
    const before = owners(ring);
    ring.add('new');
    const after = owners(ring);
    const robbed = new Set(before.filter((node, i) => node !== after[i]));
    expect([...robbed].sort()).toEqual(Array.from({ length: 9 }, (_, i) => slot(i)).sort());
    expect(after.every((node, i) => node === 'new' || node === before[i])).toBe(true);
  });

  it('does not depend on the order in which nodes came, and takes a new weight for one that is there', () => {
    const backwards = new Ring(VNODES);
    for (const i of [4, 3, 2, 1, 0]) backwards.add(slot(i), 7);
    for (const i of [4, 3, 2, 1, 0]) backwards.add(slot(i));
    expect(owners(backwards)).toEqual(owners(ringOf(5)));
  });

  it('names every node once, in the same order each time', () => {
    const ring = ringOf(20);
    for (const key of keys.slice(0, 1_000)) {
      expect([...ring.preference(key)].sort()).toEqual(ring.nodes.sort());
      expect(ring.order(key)).toEqual([...ring.preference(key)]);
    }
  });

  it('orders those that are out behind the others, both by preference', () => {
    const ring = ringOf(5);
    const [a, b, c, d, e] = ring.order('k');
    expect(ring.order('k', node => node === a || node === c)).toEqual([b, d, e, a, c]);
    expect(ring.order('k', () => true)).toEqual([a, b, c, d, e]);
  });

  it('finishes a preference that was begun before the nodes changed', () => {
    const ring = ringOf(3);
    const preference = ring.preference('k');
    const first = preference.next().value as string;
    ring.add('new');
    expect([first, ...preference].sort()).toEqual([0, 1, 2].map(slot));
  });

  it('has no preference when it is empty', () => {
    expect([...new Ring(VNODES).preference('k')]).toEqual([]);
  });
});
