import { bounded } from './vsm-updates.js';

describe('bounded', () => {
  it('leaves what is short as it is', () => {
    const data = { a: 'x', b: [1, null, true], c: { d: 0.5 } };
    expect(bounded(data)).toEqual(data);
  });

  it('cuts texts and names that are long', () => {
    const long = 'x'.repeat(257);
    expect(bounded(long)).toBe(`${'x'.repeat(256)}…`);
    expect(bounded('x'.repeat(256))).toHaveLength(256);
    expect(Object.keys(bounded({ [long]: 1 }) as object)).toEqual([`${'x'.repeat(256)}…`]);
  });

  it('cuts what is long or deep', () => {
    expect(bounded(Array(101).fill(1))).toHaveLength(100);
    const wide = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i]));
    expect(Object.keys(bounded(wide) as object)).toHaveLength(100);
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = { deep };
    expect(JSON.stringify(bounded(deep)).length).toBeLessThan(100);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(() => JSON.stringify(bounded(circular))).not.toThrow();
  });

  it('says of an error only its name: what it says may quote what a client sent', () => {
    expect(bounded({ err: new TypeError('secret') })).toEqual({ err: 'TypeError' });
  });
});
