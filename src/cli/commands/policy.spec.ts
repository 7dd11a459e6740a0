import { Terminal } from '../terminal.js';
import { difference } from './policy.js';

describe('what a policy changes', () => {
  const paper = new Terminal(80, false);

  it('is told by path, what was before what is', () => {
    const before = { default: 'allow', limits: { switch_max: 5, rate: { min: 1 } }, principals: [] };
    const after = { default: 'deny', limits: { rate: { min: 1, max: 9 } }, principals: [{ principal: '*' }] };
    expect(difference(before, after, paper).split('\n')).toEqual([
      '- default: "allow"',
      '+ default: "deny"',
      '+ limits.rate.max: 9',
      '- limits.switch_max: 5',
      '- principals: []',
      '+ principals: [{"principal":"*"}]',
    ]);
  });

  it('is nothing where both say the same', () => {
    expect(difference({ a: { b: 1 }, c: [] }, { c: [], a: { b: 1 } }, paper)).toBe('');
  });
});
