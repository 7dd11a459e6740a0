import { ReaderKind, Start, startOf } from './position.js';

/** Held is what is from 10 on; confirmed is what is below 20, sent what is below 28. */
const log = { epoch: 'e', first: 10, acked: 0, confirmed: 20, sent: 28 };
const at = (kind: ReaderKind, last?: number, epoch = 'e', silent = 15): Start =>
  startOf(log, kind, last === undefined ? undefined : { epoch, last }, silent);

describe('startOf', () => {
  it.each(['acking', 'positional'] as const)('begins after what is confirmed for %s without a position', kind => {
    expect(at(kind)).toEqual({ from: 20 });
  });

  it('gives a silent client again what its socket took last, as far as it is held, and everything not confirmed', () => {
    expect(at('silent', undefined, 'e', 0)).toEqual({ from: 20 });
    expect(at('silent', undefined, 'e', 5)).toEqual({ from: 15 });
    expect(at('silent', undefined, 'e', 100)).toEqual({ from: 10 });
  });

  it.each(['acking', 'positional', 'silent'] as const)('begins after the position of %s', kind => {
    expect(at(kind, 27)).toEqual({ from: 28 });
    expect(at(kind, 20)).toEqual({ from: 21 });
    expect(at(kind, 9)).toEqual({ from: 10 });
  });

  it('begins anew where nothing was lost and nothing was dispatched', () => {
    expect(startOf({ ...log, first: 0 }, 'acking', { epoch: 'e', last: -1 }, 5)).toEqual({ from: 0 });
  });

  it('tells what is no longer held', () => {
    const gap = { reason: 'overrun', epoch: 'e', next: 10, from: 6, to: 9 };
    expect(at('positional', 5)).toEqual({ from: 10, gap });
  });

  it('tells that the epoch is another', () => {
    const gap = { reason: 'epoch', epoch: 'e', next: 10, from: 26, to: null };
    expect(at('acking', 25, 'f')).toEqual({ from: 10, gap });
  });

  it.each([28, 30, 1e9, Infinity, NaN, 20.5, -2])('does not believe %d', last => {
    const gap = { reason: 'unknown_position', epoch: 'e', next: 20, from: null, to: null };
    expect(at('acking', last)).toEqual({ from: 20, gap });
  });
});
