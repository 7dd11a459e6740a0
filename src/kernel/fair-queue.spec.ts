import fc from 'fast-check';
import { FairQueue, Ticket } from './fair-queue.js';

const ROOM = { most: 10_000, mostSize: Infinity };

describe('FairQueue', () => {
  let queue: FairQueue<string>;
  beforeEach(() => {
    queue = new FairQueue(ROOM);
  });

  const push = (key: string, ...items: string[]): Ticket<string>[] => items.map(item => queue.push(key, item, 0)!);
  const take = (count: number): (string | undefined)[] => Array.from({ length: count }, () => queue.take());

  it('serves each key in turn, and each in its order', () => {
    push('a', 'a1', 'a2', 'a3');
    push('b', 'b1');
    push('c', 'c1', 'c2');
    expect(take(7)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', undefined]);
  });

  it('serves one that waits beside a thousand of another as the second', () => {
    push('greedy', ...Array.from({ length: 1_000 }, (_, i) => `g${i}`));
    push('modest', 'm');
    expect(take(3)).toEqual(['g0', 'm', 'g1']);
    expect(queue.length).toBe(998);
  });

  it('gives nobody a turn more for going and coming back', () => {
    push('a', 'a1', 'a2');
    push('b', 'b1', 'b2');
    const [again] = push('c', 'c1');
    expect(queue.take()).toBe('a1');
    queue.withdraw(again!);
    push('c', 'c2');
    expect(take(4)).toEqual(['b1', 'a2', 'c2', 'b2']);
  });

  it('passes over those who may not go while others wait, and serves them when nobody else does', () => {
    push('a', 'a1', 'a2');
    push('b', 'b1');
    const notA = (key: string): boolean => key !== 'a';
    expect([queue.take(notA), queue.take(notA), queue.take(notA)]).toEqual(['b1', 'a1', 'a2']);
  });

  it('keeps the turn of those passed over', () => {
    push('a', 'a1');
    push('b', 'b1', 'b2');
    expect([queue.take(key => key !== 'a'), queue.take()]).toEqual(['b1', 'a1']);
  });

  it('lets what waits be withdrawn, once', () => {
    const [, second] = push('a', 'a1', 'a2', 'a3');
    expect([queue.withdraw(second!), queue.withdraw(second!), queue.length]).toEqual([true, false, 2]);
    const [first] = push('b', 'b1');
    expect(take(3)).toEqual(['a1', 'b1', 'a3']);
    expect(queue.withdraw(first!)).toBe(false);
  });

  it('gives one key half of its room, two a third each, and always has some for who comes later', () => {
    queue = new FairQueue({ most: 90, mostSize: Infinity });
    const fill = (key: string): number => {
      let count = 0;
      while (queue.push(key, 'x', 0)) count++;
      return count;
    };
    expect([fill('a'), fill('b'), fill('c')]).toEqual([45, 23, 11]);
    take(40);
    expect(queue.push('d', 'x', 0)).toBeDefined();
    expect(queue.lengthOf('a')).toBeLessThan(45);
  });

  it('is bounded by size as by number, and lets a key alone have half of it', () => {
    queue = new FairQueue({ most: 100, mostSize: 100 });
    expect([queue.push('a', 'a1', 0, 101), queue.push('a', 'a1', 0, 50), queue.push('a', 'a2', 0, 1)]).toEqual([
      undefined,
      expect.anything(),
      undefined,
    ]);
    expect(queue.push('b', 'b1', 0, 40)).toBeDefined();
    take(2);
    expect(queue.push('a', 'a2', 0, 50)).toBeDefined();
  });

  it('keeps what waits when it becomes smaller', () => {
    push('a', 'a1', 'a2', 'a3');
    queue.resize({ most: 1, mostSize: 1 });
    expect(queue.push('b', 'b1', 0)).toBeUndefined();
    expect(queue.takeAll()).toEqual(['a1', 'a2', 'a3']);
  });

  it('knows since when something waits, and takes what has waited for too long', () => {
    expect(queue.oldest).toBeUndefined();
    for (const [key, since] of [['a', 1], ['b', 2], ['a', 3], ['b', 4]] as const) queue.push(key, `${key}${since}`, since); // prettier-ignore
    expect(queue.oldest).toBe(1);
    expect(queue.takeBefore(3)).toEqual(['a1', 'b2']);
    expect([queue.oldest, queue.length]).toEqual([3, 2]);
    expect(take(3)).toEqual(['a3', 'b4', undefined]);
    expect(queue.oldest).toBeUndefined();
  });

  it('serves no key twice while another waits, whatever comes and goes', () => {
    const step = fc.tuple(fc.constantFrom('push', 'push', 'withdraw', 'take'), fc.constantFrom(...'abcd'), fc.nat(40));
    const run = (steps: [string, string, number][]): void => {
      const fair = new FairQueue<string>(ROOM);
      const tickets: Ticket<string>[] = [];
      /** For each key that waits: who was served since it began to, or was served itself. */
      const since = new Map<string, Set<string>>();
      let count = 0;
      for (const [what, key, i] of steps) {
        if (what === 'push') count += tickets.push(fair.push(key, key, 0)!) > 0 ? 1 : 0;
        else if (what === 'withdraw') count -= tickets[i] && fair.withdraw(tickets[i]) ? 1 : 0;
        else if (count > 0) {
          const served = fair.take()!;
          count--;
          for (const [other, seen] of since) if (other !== served) expect(seen.has(served)).toBe(false);
          for (const seen of since.values()) seen.add(served);
          since.delete(served);
        } else expect(fair.take()).toBeUndefined();
        for (const one of 'abcd') {
          if (fair.lengthOf(one) === 0) since.delete(one);
          else if (!since.has(one)) since.set(one, new Set());
        }
        expect(fair.length).toBe(count);
      }
      expect(fair.takeAll()).toHaveLength(count);
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), run));
  });
});
