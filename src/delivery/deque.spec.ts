import fc from 'fast-check';
import { Deque } from './deque.js';

describe('Deque', () => {
  it('does what an array does', () => {
    const operation = fc.oneof(
      { weight: 5, arbitrary: fc.constant('push') },
      { weight: 4, arbitrary: fc.constant('shift') },
      { weight: 1, arbitrary: fc.constantFrom('filter', 'clear') },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 1_000, size: 'max' }), operations => {
        const deque = new Deque<number>();
        let model: number[] = [];
        for (const [i, operation] of operations.entries()) {
          if (operation === 'push') {
            deque.push(i);
            model.push(i);
          } else if (operation === 'shift') {
            if (deque.shift() !== model.shift()) throw new Error(`shift ${i}`);
          } else if (operation === 'filter') {
            deque.filter(item => item % 3 > 0);
            model = model.filter(item => item % 3 > 0);
          } else {
            deque.clear();
            model = [];
          }
          const seen = [deque.length, deque.at(0), deque.at(model.length)];
          if (seen.join() !== [model.length, model[0], undefined].join()) throw new Error(`differs after ${i}`);
        }
        expect([...deque]).toEqual(model);
      }),
      { numRuns: 50 },
    );
  });

  it('lets go of what was taken', () => {
    const deque = new Deque<number>();
    for (let i = 0; i < 100_000; i++) {
      deque.push(i);
      if (i > 10) deque.shift();
    }
    expect((deque as unknown as { items: unknown[] }).items.length).toBeLessThan(200);
  });
});
