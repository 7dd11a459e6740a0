import { Ring } from './ring.js';

const owner = (ring: Ring, key: string): string => ring.preference(key).next().value as string;
const keys = Array.from({ length: 20_000 }, (_, i) => `session-${i}`);

function ringOf(count: number): Ring {
  const ring = new Ring(150);
  for (let i = 0; i < count; i++) ring.add(`instance-${i}`);
  return ring;
}

describe('Ring', () => {
  it('gives a key the same node every time, and every node once in its preference', () => {
    const ring = ringOf(5);
    expect(owner(ring, 'k')).toBe(owner(ring, 'k'));
    expect([...ring.preference('k')].sort()).toEqual(ring.nodes.sort());
  });

  it('moves only the keys of a node that leaves, and restores the map when it returns', () => {
    const ring = ringOf(10);
    const before = keys.map(key => owner(ring, key));
    ring.remove('instance-3');
    const without = keys.map(key => owner(ring, key));
    const moved = keys.filter((_, i) => before[i] !== without[i]);
    expect(moved.length / keys.length).toBeLessThan(0.1 + 0.05);
    keys.forEach((_, i) => expect(before[i] === 'instance-3' || before[i] === without[i]).toBe(true));
    ring.add('instance-3');
    expect(keys.map(key => owner(ring, key))).toEqual(before);
  });

  it('shares by weight', () => {
    const ring = new Ring(150);
    ring.add('small', 1);
    ring.add('large', 3);
    const large = keys.filter(key => owner(ring, key) === 'large').length / keys.length;
    expect(large).toBeGreaterThan(0.65);
    expect(large).toBeLessThan(0.85);
  });

  it('has no preference when it is empty', () => {
    expect([...new Ring(150).preference('k')]).toEqual([]);
  });
});
