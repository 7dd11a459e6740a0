import { directoryOf, FakeLine, resources, templates, tools } from '../../../test/support/fake-line.js';
import { AggregateCatalog, fits, Owner } from './aggregate-catalog.js';

describe('AggregateCatalog', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.clearAllTimers();
    jest.useRealTimers();
  });

  describe('knows whose a name is', () => {
    const summary = (owner: Owner | undefined): unknown => owner && [owner.unit.name, owner.name, owner.where];

    it('by the name that clients have for it', async () => {
      const directory = directoryOf([
        new FakeLine('a', { 'tools/list': tools('one', '__proto__'), 'prompts/list': tools('two') }),
        new FakeLine('b', { 'tools/list': tools('one') }, { one: 'alias' }),
      ]);
      await Promise.all([directory.prepare('tools/list'), directory.prepare('prompts/list')]);
      const whose = async (name: unknown): Promise<unknown> =>
        summary(await directory.named('tools/list', name, 'name'));
      expect(await whose('a__one')).toEqual(['a', 'one', 'name']);
      expect(await whose('alias')).toEqual(['b', 'one', 'name']);
      expect(await whose('a____proto__')).toEqual(['a', '__proto__', 'name']);
      for (const name of ['one', 'b__one', 'a__two', '__proto__', 'constructor', '', undefined, null, 7, {}]) {
        expect(await whose(name)).toBeUndefined();
      }
      expect(summary(await directory.named('prompts/list', 'a__two', 'refName'))).toEqual(['a', 'two', 'refName']);
    });

    it.each([[['a__one']], [{ toString: 1, valueOf: 1 }]])('and that %j is no name', async name => {
      const directory = directoryOf([new FakeLine('a', { 'tools/list': tools('one') }), new FakeLine('b')]);
      await directory.prepare('tools/list');
      expect(directory.named('tools/list', name, 'name')).toBeUndefined();
    });

    it('at once where its list is known, and after asking where it is not', async () => {
      const directory = directoryOf([new FakeLine('a', { 'tools/list': tools('one') }), new FakeLine('b')]);
      const sought = directory.named('tools/list', 'a__one', 'name');
      expect(sought).toBeInstanceOf(Promise);
      expect(summary(await sought)).toEqual(['a', 'one', 'name']);
      expect(directory.named('tools/list', 'a__one', 'name')).toMatchObject({ name: 'one' });
      expect(directory.named('tools/list', 'a__two', 'name')).toBeUndefined();
    });

    it('without waiting for other units', async () => {
      const [a, slow] = [new FakeLine('a', { 'tools/list': tools('one') }), new FakeLine('slow')];
      slow.source.hold();
      const directory = directoryOf([a, slow]);
      await a.catalog.prepare('tools/list', 2_000);
      expect(directory.named('tools/list', 'a__one', 'name')).toMatchObject({ name: 'one' });
    });

    it('gives up in time on a name that a slow unit may have', async () => {
      const slow = new FakeLine('slow', { 'tools/list': tools('one') });
      slow.source.hold();
      let found: unknown = 'nothing yet';
      void Promise.resolve(directoryOf([slow]).named('tools/list', 'one', 'name')).then(owner => (found = owner));
      await jest.advanceTimersByTimeAsync(1_999);
      expect(found).toBe('nothing yet');
      await jest.advanceTimersByTimeAsync(1);
      expect(found).toBeUndefined();
    });
  });

  describe('knows whose a resource is', () => {
    const sharedUpstreams = (): FakeLine[] => [
      new FakeLine('a', {
        'resources/list': resources('x://1'),
        'resources/templates/list': templates('x://{id}', 'broken://{id'),
      }),
      new FakeLine('b', { 'resources/list': resources('x://2'), 'resources/templates/list': templates('y://{id}') }),
    ];
    const whose = async (directory: AggregateCatalog, uri: unknown): Promise<string | undefined> =>
      (await directory.resource(uri))?.unit.name;

    it('by its list, then by the templates it fits, and otherwise nobody’s', async () => {
      const directory = directoryOf(sharedUpstreams());
      const uris = ['x://1', 'x://2', 'x://3', 'y://1', 'z://1', 'broken://7', '__proto__', undefined, 7];
      const found: (string | undefined)[] = [];
      for (const uri of uris) found.push(await whose(directory, uri));
      expect(found).toEqual(['a', 'b', 'a', 'b', undefined, undefined, undefined, undefined, undefined]);
    });

    it('without asking where one unit alone offers any', async () => {
      const [a, b] = sharedUpstreams() as [FakeLine, FakeLine];
      b.source.capabilities = { tools: {} };
      const directory = directoryOf([a, b]);
      await directory.meet();
      expect(directory.resource('whatever://it.is')).toEqual({ unit: a.of });
      expect(a.source.asked).toEqual([]);
    });
  });
});

describe('fits', () => {
  it.each([
    ['x://{id}', 'x://1', true],
    ['x://{id}', 'x://', true],
    ['x://{id}', 'y://1', false],
    ['x://{id}/part', 'x://1/part', true],
    ['x://{id}/part', 'x://a/b/part', true],
    ['x://{id}/part', 'x://1/par', false],
    ['x://{id}/part', 'x://part', false],
    ['x://{id}/part', 'x:///part', true],
    ['x://{a}/m/{b}/n', 'x://1/m/2/n', true],
    ['x://{a}/m/{b}/n', 'x://1/n/2/m', false],
    ['x://{a}/m/{b}/n', 'x://1/m/n', false],
    ['x://{a}{b}{/c*}{?d,e}', 'x://1', true],
    ['{+whole}', 'any://thing', true],
    ['{+whole}', '', true],
    ['x://one', 'x://one', true],
    ['x://one', 'x://one/', false],
    ['', '', true],
    ['', 'x', false],
    // What stands at both ends must be there twice.
    ['a{x}a', 'a', false],
    ['a{x}a', 'aa', true],
    ['ab{x}bc', 'abc', false],
    // Nothing of it is a pattern.
    ['x://.*{id}', 'x://ab', false],
    ['x://.*{id}', 'x://.*b', true],
    ['x://($&){id}', 'x://($&)', true],
    // No expression is what is not closed.
    ['x://{id', 'x://1', false],
    ['x://{id', 'x://{id', true],
    ['x://}{', 'x://}{', true],
    ['{{id}}', '{1}', true],
    ['{{id}}', '1', false],
    ['x://{ä}/\u{1f600}', 'x://1/\u{1f600}', true],
  ])('%j and %j: %j', (template, uri, expected) => expect(fits(template, uri)).toBe(expected));

  it('is decided soon, however many expressions there are', () => {
    const template = '{x}a'.repeat(5_000);
    expect(fits(template, 'a'.repeat(5_000))).toBe(true);
    expect(fits(template, 'a'.repeat(4_999))).toBe(false);
    expect(fits(`${'{'.repeat(100_000)}a`, 'a')).toBe(false);
    expect(fits('{'.repeat(100_000), '{'.repeat(100_000))).toBe(true);
  });
});
