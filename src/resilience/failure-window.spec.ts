import { Votes } from './failure-window.js';

describe('Votes', () => {
  it('keeps one for each, and no more than so many', () => {
    const votes = new Votes(1_000, 3);
    for (const [i, client] of [...'abcabcdef'].entries()) votes.cast(client, true, i);
    expect([votes.count, votes.failures]).toEqual([3, 3]);
    votes.cast('f', false, 10);
    expect([votes.count, votes.failures]).toEqual([3, 2]);
  });

  it('lets them go after the window', () => {
    const votes = new Votes(1_000);
    votes.cast('a', true, 0);
    votes.cast('b', false, 1);
    votes.cast('c', false, 999);
    expect([votes.count, votes.failures]).toEqual([3, 1]);
    votes.cast('c', false, 1_000);
    expect([votes.count, votes.failures]).toEqual([2, 0]);
    votes.clear();
    expect([votes.count, votes.failures]).toEqual([0, 0]);
  });
});
