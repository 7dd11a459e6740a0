import { MAX_TOOL_NAME, nameAll, NamePolicy, NameMapping, Offer } from './name-mapping.js';

interface Entry {
  key: string;
}

const offer = (unit: string, keys: readonly string[], aliases: Record<string, string> = {}): Offer<Entry> => ({
  unit,
  aliases,
  entries: keys.map(key => ({ key })),
});

/** What clients see, as `name=unit/key`. */
const seen = ({ named }: NameMapping<Entry>): string[] =>
  named.map(({ name, unit, entry }) => `${name}=${unit}/${entry.key}`);
const hidden = ({ hidden: all }: NameMapping<Entry>): string[] => all.map(({ unit, name }) => `${unit}/${name}`);
const names = (offers: readonly Offer<Entry>[], policy: NamePolicy): string[] =>
  nameAll(offers, policy).named.map(({ name }) => name);

/** Names that an object has without anybody giving them to it. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

describe('nameAll', () => {
  it('puts units in their order, each with its entries in theirs', () => {
    const naming = nameAll([offer('b', ['z', 'a']), offer('a', ['m'])], 'prefix');
    expect(seen(naming)).toEqual(['b__z=b/z', 'b__a=b/a', 'a__m=a/m']);
    expect(hidden(naming)).toEqual([]);
  });

  describe('prefix', () => {
    it('keeps a name of 64 characters and cuts one of 65', () => {
      const [fits, cut] = names([offer('unit', ['x'.repeat(58), 'y'.repeat(59)])], 'prefix') as [string, string];
      expect(fits).toBe(`unit__${'x'.repeat(58)}`);
      expect(cut).toHaveLength(MAX_TOOL_NAME);
      expect(cut).toMatch(/^unit__y{49}_[0-9a-f]{8}$/);
    });

    it('tells names apart that are the same up to where they are cut, the same each time', () => {
      const long = ['a', 'b', 'c'].map(end => 'x'.repeat(199) + end);
      const cut = names([offer('unit', long)], 'prefix');
      expect(new Set(cut).size).toBe(3);
      expect(cut.every(name => name.length === MAX_TOOL_NAME)).toBe(true);
      expect(names([offer('other', ['first']), offer('unit', long.toReversed())], 'prefix').slice(1)).toEqual(
        cut.toReversed(),
      );
    });

    it('does not cut a character in two', () => {
      const [cut] = names([offer('unit', [`${'x'.repeat(48)}${'\u{1f600}'.repeat(20)}`])], 'prefix') as [string];
      expect(cut).not.toMatch(/[\ud800-\udfff]/u);
    });

    it('leaves a name to whoever has it first when another is cut to the same', () => {
      const long = 'x'.repeat(200);
      const [cut] = names([offer('unit', [long])], 'prefix') as [string];
      const forged = cut.slice('unit__'.length);
      expect(hidden(nameAll([offer('unit', [long, forged])], 'prefix'))).toEqual([`unit/${forged}`]);
      expect(hidden(nameAll([offer('unit', [forged, long])], 'prefix'))).toEqual([`unit/${long}`]);
    });

    it('gives one name once where unit and name together spell the same', () => {
      const naming = nameAll([offer('a', ['_x']), offer('a_', ['x'])], 'prefix');
      expect(seen(naming)).toEqual(['a___x=a/_x']);
      expect(hidden(naming)).toEqual(['a_/x']);
    });

    it('shows the first of what a unit offers twice', () => {
      const naming = nameAll([offer('a', ['x', 'x', 'x'])], 'prefix');
      expect([seen(naming), hidden(naming)]).toEqual([['a__x=a/x'], ['a/x', 'a/x']]);
    });
  });

  describe('priority', () => {
    it('keeps names and, of equal ones, that of the unit named first', () => {
      const naming = nameAll([offer('a', ['x', 'y']), offer('b', ['y', 'z'])], 'priority');
      expect(seen(naming)).toEqual(['x=a/x', 'y=a/y', 'z=b/z']);
      expect(hidden(naming)).toEqual(['b/y']);
    });

    it('cuts names that are too long here, too', () => {
      const [exact, cut] = names([offer('a', ['x'.repeat(64), 'x'.repeat(65)])], 'priority') as [string, string];
      expect(exact).toBe('x'.repeat(64));
      expect(cut).toMatch(/^x{55}_[0-9a-f]{8}$/);
    });
  });

  describe('manual', () => {
    it('shows nobody what two offer, whoever comes first', () => {
      const naming = nameAll([offer('a', ['x', 'y']), offer('b', ['x']), offer('c', ['x'])], 'manual');
      expect(seen(naming)).toEqual(['y=a/y']);
      expect(hidden(naming)).toEqual(['a/x', 'b/x', 'c/x']);
    });

    it('is settled by an alias for one of them', () => {
      const naming = nameAll([offer('a', ['x']), offer('b', ['x'], { x: 'x_of_b' })], 'manual');
      expect(seen(naming)).toEqual(['x=a/x', 'x_of_b=b/x']);
    });

    it('is contested by an alias that another unit has for a name', () => {
      const naming = nameAll([offer('a', ['x']), offer('b', ['y'], { y: 'x' })], 'manual');
      expect([seen(naming), hidden(naming)]).toEqual([[], ['a/x', 'b/y']]);
    });

    it('does not hold it against a unit that it offers something twice', () => {
      expect(seen(nameAll([offer('a', ['x', 'x'])], 'manual'))).toEqual(['x=a/x']);
    });
  });

  it.each(['prefix', 'priority', 'manual'] as const)('with %s takes an alias as it is', policy => {
    expect(seen(nameAll([offer('a', ['x', 'y'], { x: 'short', z: 'unused' })], policy))[0]).toBe('short=a/x');
  });

  it('takes no alias that nobody gave', () => {
    expect(names([offer('a', INHERITED)], 'prefix')).toEqual(INHERITED.map(name => `a__${name}`));
    expect(names([offer('a', INHERITED)], 'priority')).toEqual(INHERITED);
    expect(hidden(nameAll([offer('a', INHERITED), offer('b', INHERITED)], 'manual'))).toHaveLength(8);
  });

  it('takes an alias for such a name where somebody did', () => {
    const aliases = JSON.parse('{"__proto__":"proto","constructor":"made"}') as Record<string, string>;
    expect(names([offer('a', INHERITED.slice(0, 2), aliases)], 'prefix')).toEqual(['proto', 'made']);
  });

  it.each(['prefix', 'priority', 'manual'] as const)(
    'with %s gives each of 10,000 entries of two units one place',
    policy => {
      const keys = Array.from({ length: 10_000 }, (_, i) => `tool-${i}`);
      const naming = nameAll([offer('a', keys), offer('b', keys)], policy);
      expect(new Set(naming.named.map(({ name }) => name)).size).toBe(naming.named.length);
      expect([naming.named.length, naming.hidden.length]).toEqual(
        { prefix: [20_000, 0], priority: [10_000, 10_000], manual: [0, 20_000] }[policy],
      );
    },
  );
});
