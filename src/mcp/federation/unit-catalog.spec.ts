import { FakeSource, UNREACHABLE } from '../../../test/support/fake-source.js';
import { SystemClock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { ListMethod } from './list-methods.js';
import { UnitCatalog } from './unit-catalog.js';

const TOOLS = 'tools/list';
const PATIENCE = 2_000;
const tool = (name: string): string => `{"name":"${name}"}`;

describe('UnitCatalog', () => {
  let source: FakeSource;
  let catalog: UnitCatalog;
  let changes: ListMethod[];

  beforeEach(() => {
    jest.useFakeTimers();
    source = new FakeSource();
    source.lists[TOOLS] = [tool('a'), tool('b')];
    changes = [];
    catalog = new UnitCatalog(source, new SystemClock(), method => changes.push(method));
  });
  afterEach(() => {
    catalog.close();
    jest.useRealTimers();
  });

  const prepare = (method: ListMethod = TOOLS): Promise<void> | undefined => catalog.prepare(method, PATIENCE);
  const keys = (method: ListMethod = TOOLS): string[] => catalog.look(method).entries.map(({ key }) => key);
  const missing = (): string | undefined => catalog.look(TOOLS).missing?.code;
  /** Everything that goes on by itself, timers left out. */
  const settle = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms).then(() => undefined);
  /** The same, until what was asked just now may be asked again. */
  const reload = (): Promise<void> => settle(1_000);

  it('asks once, for all who want to know', async () => {
    expect([keys(), missing()]).toEqual([[], 'unit_timeout']);
    const first = prepare();
    expect(prepare()).toBe(first);
    await first;
    expect([keys(), missing(), prepare()]).toEqual([['a', 'b'], undefined, undefined]);
    expect(source.asked).toEqual([{ method: TOOLS, params: {} }]);
  });

  it('keeps each list by itself', async () => {
    source.lists['prompts/list'] = [tool('p')];
    await prepare('prompts/list');
    expect([keys('prompts/list'), keys(), missing()]).toEqual([['p'], [], 'unit_timeout']);
  });

  it('asks nothing of a unit that does not offer such things', async () => {
    for (const capabilities of [{}, { prompts: {} }, null, 'tools', JSON.parse('{"__proto__":{"tools":{}}}')]) {
      source.capabilities = capabilities;
      catalog = new UnitCatalog(source, new SystemClock(), () => undefined);
      await prepare();
      expect([keys(), missing(), source.asked]).toEqual([[], undefined, []]);
    }
  });

  it('asks again each time where changes would not be heard', async () => {
    await prepare();
    source.linked = false;
    source.lists[TOOLS] = [tool('c')];
    await prepare();
    expect(keys()).toEqual(['c']);
    expect(prepare()).toBeDefined();
  });

  describe('where the unit cannot be reached', () => {
    beforeEach(() => {
      source.failure = UNREACHABLE;
    });

    it('says why, and lets nobody else wait', async () => {
      await prepare();
      expect(catalog.look(TOOLS)).toEqual({ entries: [], missing: UNREACHABLE });
      expect(prepare()).toBeUndefined();
      expect(source.introduced).toBe(1);
    });

    it('keeps to itself what was thrown that is not for clients', async () => {
      source.failure = new Error('secret');
      await prepare();
      expect(missing()).toBe('internal_error');
      expect(catalog.look(TOOLS).missing!.message).not.toContain('secret');
    });

    it('tries again ever later, up to each ten seconds', async () => {
      await prepare();
      const startedAt = Date.now();
      const tries: number[] = [];
      for (let seen = source.introduced; tries.length < 8; await jest.advanceTimersByTimeAsync(50)) {
        if (source.introduced > seen) tries.push(Date.now() - startedAt);
        seen = source.introduced;
      }
      const waits = tries.map((at, i) => at - (tries[i - 1] ?? 0));
      expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    });

    it('begins with short waits again after it was there', async () => {
      await prepare();
      await jest.advanceTimersByTimeAsync(500 + 1_000 + 2_000);
      source.failure = undefined;
      await jest.advanceTimersByTimeAsync(4_000);
      expect([keys(), missing()]).toEqual([['a', 'b'], undefined]);
      source.failure = UNREACHABLE;
      catalog.show(TOOLS);
      catalog.changed();
      await reload();
      const before = source.introduced;
      await jest.advanceTimersByTimeAsync(500);
      expect(source.introduced).toBe(before + 1);
    });

    it('does not try while nobody wants to know, and does when somebody does', async () => {
      await prepare();
      source.wanted = false;
      await jest.advanceTimersByTimeAsync(60_000);
      expect(source.introduced).toBe(1);
      source.failure = undefined;
      await prepare();
      expect(keys()).toEqual(['a', 'b']);
    });

    it('says so until it was asked again, though nobody wanted to know for a while', async () => {
      await prepare();
      source.wanted = false;
      await jest.advanceTimersByTimeAsync(500);
      source.hold();
      void prepare();
      expect([keys(), missing()]).toEqual([[], expect.any(String)]);
    });

    it('does not try once it is closed', async () => {
      await prepare();
      catalog.close();
      await jest.advanceTimersByTimeAsync(60_000);
      expect([source.introduced, jest.getTimerCount()]).toEqual([1, 0]);
    });

    it('tells those who saw its list when it goes and when it comes back', async () => {
      source.failure = undefined;
      await prepare();
      catalog.show(TOOLS);
      source.failure = UNREACHABLE;
      catalog.changed();
      await reload();
      expect([keys(), changes]).toEqual([[], [TOOLS]]);
      await jest.advanceTimersByTimeAsync(500);
      expect(changes).toEqual([TOOLS]);
      source.failure = undefined;
      await jest.advanceTimersByTimeAsync(1_000);
      expect([keys(), changes]).toEqual([
        ['a', 'b'],
        [TOOLS, TOOLS],
      ]);
    });
  });

  describe('when a list has changed', () => {
    beforeEach(async () => {
      await prepare();
      source.lists[TOOLS] = [tool('b'), tool('c')];
    });

    it('asks again by itself where somebody has seen it, and tells when it is there', async () => {
      catalog.show(TOOLS);
      catalog.changed([TOOLS]);
      await settle(999);
      expect([keys(), changes]).toEqual([['a', 'b'], []]);
      await settle(1);
      expect([keys(), changes]).toEqual([['b', 'c'], [TOOLS]]);
    });

    it('waits until somebody asks where nobody has', async () => {
      catalog.changed([TOOLS]);
      await settle(60_000);
      expect([keys(), source.asked.length]).toEqual([['a', 'b'], 1]);
      await prepare();
      expect([keys(), changes]).toEqual([['b', 'c'], []]);
    });

    it('shows what it knew until it knows better', async () => {
      catalog.show(TOOLS);
      const release = source.hold();
      catalog.changed();
      await reload();
      expect([keys(), missing(), source.introduced]).toEqual([['a', 'b'], undefined, 2]);
      release();
      await settle();
      expect(keys()).toEqual(['b', 'c']);
    });

    it('tells nothing where the list is the same, byte for byte', async () => {
      catalog.show(TOOLS);
      source.lists[TOOLS] = [tool('a'), tool('b')];
      catalog.changed();
      await reload();
      expect([source.asked.length, changes]).toEqual([2, []]);
      source.lists[TOOLS] = [tool('a'), '{"name":"b","title":"B"}'];
      catalog.changed();
      await reload();
      expect(changes).toEqual([TOOLS]);
    });

    it('leaves other lists alone', async () => {
      await prepare('prompts/list');
      catalog.show(TOOLS);
      catalog.show('prompts/list');
      catalog.changed(['prompts/list']);
      await reload();
      expect(source.asked.map(({ method }) => method)).toEqual([TOOLS, 'prompts/list', 'prompts/list']);
      catalog.changed();
      await reload();
      expect(source.asked).toHaveLength(5);
    });

    it('and again while it is being asked, asks once more, however often', async () => {
      catalog.show(TOOLS);
      const release = source.hold(false);
      catalog.changed();
      await reload();
      source.lists[TOOLS] = [tool('d')];
      for (let i = 0; i < 100; i++) catalog.changed();
      release();
      await settle(60_000);
      expect([keys(), source.asked.length, changes]).toEqual([['d'], 3, [TOOLS, TOOLS]]);
    });
  });

  it('asks again after a change during the first time it asks', async () => {
    const release = source.hold(false);
    const first = prepare();
    await settle();
    source.lists[TOOLS] = [tool('c')];
    catalog.changed([TOOLS]);
    release();
    await first;
    await prepare();
    expect(keys()).toEqual(['c']);
  });

  describe('has another version', () => {
    const moved = async (step: () => unknown): Promise<boolean> => {
      const before = catalog.version(TOOLS);
      await step();
      // As long as the longest wait after a failure.
      await settle(10_000);
      return catalog.version(TOOLS) !== before;
    };

    it('when there is something else to be seen, and only then', async () => {
      catalog.show(TOOLS);
      const again = (): void => catalog.changed();
      const fail = (message: string): void => {
        source.failure = new GatewayError('unit_unavailable', message);
        catalog.changed();
      };
      expect(await moved(() => prepare())).toBe(true);
      expect(await moved(again)).toBe(false);
      expect(await moved(() => ((source.lists[TOOLS] = [tool('b')]), again()))).toBe(true);
      expect(await moved(() => fail('gone'))).toBe(true);
      expect(await moved(() => fail('gone'))).toBe(false);
      expect(await moved(() => fail('gone for good'))).toBe(true);
      source.failure = undefined;
      source.lists[TOOLS] = [];
      expect(await moved(again)).toBe(true);
    });

    it('of a list that turns out to be empty', async () => {
      source.lists[TOOLS] = [];
      expect(await moved(() => prepare())).toBe(true);
    });
  });
});
