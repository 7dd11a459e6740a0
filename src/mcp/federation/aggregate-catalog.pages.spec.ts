import { directoryOf, FakeLine, names, page, SETTINGS, tools } from '../../../test/support/fake-line.js';
import { Cursors } from './cursor.js';
import { AggregateCatalog } from './aggregate-catalog.js';
import { SharedUpstream } from './shared-upstream.js';

/** Names of all pages. */
function all(directory: AggregateCatalog): string[][] {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const { nextCursor, ...one } = page(directory, cursor);
    pages.push(names(one));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return pages;
}

describe('AggregateCatalog', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.clearAllTimers();
    jest.useRealTimers();
  });

  describe('goes on behind a cursor', () => {
    const ab = (): FakeLine[] => [
      new FakeLine('a', { 'tools/list': tools('1', '2', '3') }),
      new FakeLine('b', { 'tools/list': tools('1', '2') }),
    ];

    it.each([
      [1, [['a__1'], ['a__2'], ['a__3'], ['b__1'], ['b__2']]],
      [2, [['a__1', 'a__2'], ['a__3', 'b__1'], ['b__2']]],
      [5, [['a__1', 'a__2', 'a__3', 'b__1', 'b__2']]],
    ])('in pages of %i', async (pageSize, pages) => {
      const directory = directoryOf(ab(), { pageSize });
      await directory.prepare('tools/list');
      expect(all(directory)).toEqual(pages);
    });

    it('through 10,000 entries of each unit, none twice', async () => {
      const entries = tools(...Array.from({ length: 10_000 }, (_, i) => `t${i}`));
      const sharedUpstreams = ['a', 'b'].map(unit => new FakeLine(unit, { 'tools/list': entries }));
      const directory = directoryOf(sharedUpstreams, { pageSize: 999 });
      await directory.prepare('tools/list');
      const pages = all(directory);
      expect([pages.length, new Set(pages.flat()).size, pages.flat().length]).toEqual([21, 20_000, 20_000]);
    });

    /** What is behind the first page, of two unless it is told otherwise, when the units list other things by then. */
    async function behind(change: (sharedUpstreams: FakeLine[]) => void, pageSize = 2): Promise<string[]> {
      const sharedUpstreams = ab();
      const directory = directoryOf(sharedUpstreams, { pageSize });
      await directory.prepare('tools/list');
      const { nextCursor } = page(directory);
      change(sharedUpstreams);
      for (const { catalog } of sharedUpstreams) catalog.changed();
      await jest.advanceTimersByTimeAsync(1_000);
      return names(page(directory, nextCursor));
    }

    it('where its entry is, if others came before it', async () => {
      expect(await behind(([a]) => (a!.source.lists['tools/list'] = tools('0', '1', '2', '3')))).toEqual([
        'a__3',
        'b__1',
      ]);
    });

    it('with its unit once more where its entry is gone', async () => {
      expect(await behind(([a]) => (a!.source.lists['tools/list'] = tools('1', '3')))).toEqual(['a__1', 'a__3']);
    });

    it('with the next unit where its own has nothing left', async () => {
      expect(await behind(([a]) => (a!.source.lists['tools/list'] = []))).toEqual(['b__1', 'b__2']);
    });

    it('at the end where its own was the last and has nothing left', async () => {
      expect(await behind(([, b]) => (b!.source.lists['tools/list'] = []), 4)).toEqual([]);
    });

    it('at the end where nobody has anything left', async () => {
      expect(
        await behind(sharedUpstreams => sharedUpstreams.forEach(({ source }) => (source.lists['tools/list'] = []))),
      ).toEqual([]);
    });

    it('with all where its unit is not among those that the session sees', async () => {
      const cursors = new Cursors();
      const directory = new AggregateCatalog(ab() as unknown as SharedUpstream[], SETTINGS, cursors);
      await directory.prepare('tools/list');
      expect(names(page(directory, cursors.seal({ method: 'tools/list', unit: 'c', key: '1' })))).toHaveLength(5);
    });

    it.each(['', 'x', null, 7, {}, [], true])('but not behind %j', async cursor => {
      const directory = directoryOf(ab());
      await directory.prepare('tools/list');
      expect(() => page(directory, cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
    });

    it('but not behind one of another list, or of another gateway', async () => {
      const [directory, other] = [directoryOf(ab(), { pageSize: 1 }), directoryOf(ab(), { pageSize: 1 })];
      for (const one of [directory, other]) await one.prepare('tools/list');
      const { nextCursor } = page(directory);
      for (const refused of [
        () => page(directory, nextCursor, 'prompts/list'),
        () => page(other, nextCursor),
        () => page(directory, `${nextCursor}AAAA`),
        () => page(directory, nextCursor!.slice(0, -4)),
      ]) {
        expect(refused).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
      }
    });
  });
});
