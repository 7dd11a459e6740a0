import * as fc from 'fast-check';
import { Sequencer } from './sequencer.js';

describe('Sequencer', () => {
  it('takes what a first connection begins with', () => {
    const sequencer = new Sequencer();
    sequencer.welcome('e', 7);
    expect([6, 7, 9, 8].map(n => sequencer.offer('e', n))).toEqual(['duplicate', 'dispatch', 'hole', 'dispatch']);
  });

  it('goes on behind a gap, and says once what is lost', () => {
    const sequencer = new Sequencer({ epoch: 'e', last: 3 });
    const gap = { epoch: 'e', next: 9, from: null, to: null, reason: 'overrun' };
    expect(sequencer.gap(gap)).toEqual({ ...gap, from: 4, to: 8 });
    expect(sequencer.gap(gap)).toBeUndefined();
    expect(sequencer.offer('e', 8)).toBe('duplicate');
    expect(sequencer.offer('e', 9)).toBe('dispatch');
  });

  it('takes nothing of another epoch before a gap has told of it', () => {
    const sequencer = new Sequencer({ epoch: 'e', last: 3 });
    sequencer.welcome('f', 0);
    expect(sequencer.offer('f', 0)).toBe('hole');
    sequencer.gap({ epoch: 'f', next: 0, from: null, to: null, reason: 'epoch' });
    expect(sequencer.offer('f', 0)).toBe('dispatch');
  });

  it('takes another epoch over as long as it has dispatched nothing', () => {
    const sequencer = new Sequencer({ epoch: 'e', last: -1 });
    sequencer.welcome('f', 2);
    expect(sequencer.offer('f', 2)).toBe('dispatch');
  });

  it('dispatches each message once and in order, whatever connections do', () => {
    const offers = fc.array(fc.nat({ max: 30 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.array(offers, { maxLength: 10 }), connections => {
        const sequencer = new Sequencer();
        const dispatched: number[] = [];
        for (const connection of connections) {
          sequencer.welcome('e', dispatched.length);
          for (const n of connection) if (sequencer.offer('e', n) === 'dispatch') dispatched.push(n);
        }
        expect(dispatched).toEqual([...dispatched.keys()]);
      }),
    );
  });

  it('never goes back or jumps without saying so, over epochs and gaps too', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('offer' as const), epoch: fc.nat({ max: 1 }), n: fc.nat({ max: 12 }) }),
      fc.record({ kind: fc.constant('gap' as const), epoch: fc.nat({ max: 1 }), n: fc.nat({ max: 12 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), steps => {
        const sequencer = new Sequencer({ epoch: '0', last: -1 });
        let at = { epoch: '0', last: -1 };
        for (const { kind, epoch: number, n } of steps) {
          const epoch = String(number);
          if (kind === 'gap') {
            const told = sequencer.gap({ epoch, next: n, from: null, to: null, reason: 'overrun' });
            if (told) expect(told.epoch !== at.epoch || n - 1 > at.last).toBe(true);
            if (told) at = { epoch, last: n - 1 };
          } else if (at.last >= 0 && sequencer.offer(epoch, n) === 'dispatch') {
            expect({ epoch, n }).toEqual({ epoch: at.epoch, n: at.last + 1 });
            at = { epoch, last: n };
          }
          expect(sequencer.position).toEqual(at);
        }
      }),
    );
  });
});
