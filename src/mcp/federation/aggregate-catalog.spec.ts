import { directoryOf, FakeLine, names, page, resources, tools } from '../../../test/support/fake-line.js';
import { UNREACHABLE } from '../../../test/support/fake-source.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

describe('AggregateCatalog', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.clearAllTimers();
    jest.useRealTimers();
  });

  describe('lists', () => {
    it('what all units offer, under names that nothing else has, each as its unit sent it', async () => {
      const odd = '{ "x":12345678901234567890, "name" : "one", "y":1.0 }';
      const directory = directoryOf([
        new FakeLine('b', { 'tools/list': [odd, ...tools('two')] }),
        new FakeLine('a', { 'tools/list': tools('one') }, { one: 'alias' }),
      ]);
      await directory.prepare('tools/list');
      const { text } = directory.page(
        JsonRpcMessage.parse('{"jsonrpc":"2.0","id":"\\u0061","method":"m"}'),
        'tools/list',
      );
      const entries = [odd.replace('"one"', '"b__one"'), '{"name":"b__two"}', '{"name":"alias"}'];
      expect(text).toBe(`{"jsonrpc":"2.0","id":"a","result":{"tools":[${entries.join(',')}]}}`);
    });

    it('a unit alone under the names that it has', async () => {
      const long = 'x'.repeat(60);
      const directory = directoryOf([new FakeLine('a', { 'tools/list': tools('one', long) })]);
      await directory.prepare('tools/list');
      expect(names(page(directory))).toEqual(['one', long]);
    });

    it('resources as they are, and of equal ones that of the first unit', async () => {
      const directory = directoryOf([
        new FakeLine('a', { 'resources/list': resources('x://1', 'x://2') }),
        new FakeLine('b', { 'resources/list': resources('x://2', 'x://3') }),
      ]);
      await directory.prepare('resources/list');
      expect(page(directory, undefined, 'resources/list')).toEqual({
        resources: [{ uri: 'x://1' }, { uri: 'x://2' }, { uri: 'x://3' }],
        _meta: { 'viable/hidden': [{ unit: 'b', name: 'x://2' }] },
      });
    });

    it('what has changed since', async () => {
      const sharedUpstream = new FakeLine('a', { 'tools/list': tools('one') });
      const directory = directoryOf([sharedUpstream, new FakeLine('b')]);
      await directory.prepare('tools/list');
      expect(names(page(directory))).toEqual(['a__one']);
      sharedUpstream.source.lists['tools/list'] = tools('two');
      sharedUpstream.catalog.changed(['tools/list']);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(names(page(directory))).toEqual(['a__two']);
    });

    it('says which names are hidden, and by what name its unit knows them', async () => {
      const sharedUpstreams = ['a', 'b'].map(unit => new FakeLine(unit, { 'tools/list': tools('one', '__proto__') }));
      const directory = directoryOf(sharedUpstreams, { names: 'manual' });
      await directory.prepare('tools/list');
      const hidden = ['a', 'b'].flatMap(unit => ['one', '__proto__'].map(name => ({ unit, name })));
      expect(page(directory)).toEqual({ tools: [], _meta: { 'viable/hidden': hidden } });
    });
  });

  describe('waits for a list', () => {
    it('no longer than it may, shows what is there, and says what is missing', async () => {
      const [quick, slow] = [
        new FakeLine('quick', { 'tools/list': tools('one') }),
        new FakeLine('slow', { 'tools/list': tools('two') }),
      ];
      const release = slow.source.hold();
      const directory = directoryOf([slow, quick]);
      let waited: number | undefined;
      const startedAt = Date.now();
      void directory.prepare('tools/list')!.then(() => (waited = Date.now() - startedAt));
      await jest.advanceTimersByTimeAsync(1_999);
      expect(waited).toBeUndefined();
      await jest.advanceTimersByTimeAsync(1);
      expect(waited).toBe(2_000);
      expect([names(page(directory)), page(directory)._meta]).toEqual([
        ['quick__one'],
        { 'viable/missing': [{ unit: 'slow', error: 'unit_timeout', message: expect.any(String) }] },
      ]);
      release();
      await jest.advanceTimersByTimeAsync(0);
      expect(page(directory)).toEqual({ tools: [{ name: 'slow__two' }, { name: 'quick__one' }] });
    });

    it('not at all for one that is known to be away', async () => {
      const dead = new FakeLine('dead');
      dead.source.failure = UNREACHABLE;
      const directory = directoryOf([dead, new FakeLine('well', { 'tools/list': tools('one') })]);
      await directory.prepare('tools/list');
      expect(directory.prepare('tools/list')).toBeUndefined();
      expect(page(directory)).toEqual({
        tools: [{ name: 'well__one' }],
        _meta: {
          'viable/missing': [{ unit: 'dead', error: 'unit_unavailable', message: UNREACHABLE.message }],
        },
      });
    });

    it('and leaves no timer behind when it was there in time', async () => {
      const directory = directoryOf([new FakeLine('a')]);
      await directory.prepare('tools/list');
      expect(jest.getTimerCount()).toBe(0);
    });

    it('of units that have not introduced themselves as long, whatever becomes of them', async () => {
      const [dead, slow] = [new FakeLine('dead'), new FakeLine('slow')];
      dead.source.failure = UNREACHABLE;
      const release = slow.source.hold();
      const directory = directoryOf([dead, slow, new FakeLine('well')]);
      let met = false;
      void directory.meet()!.then(() => (met = true));
      await jest.advanceTimersByTimeAsync(1_999);
      expect([met, directory.sharedUpstream('well')!.introduction !== undefined]).toEqual([false, true]);
      await jest.advanceTimersByTimeAsync(1);
      expect(met).toBe(true);
      release();
      dead.source.failure = undefined;
      await directory.meet();
      expect(directory.meet()).toBeUndefined();
    });
  });
});
