import { FakeSupplier } from '../../../test/support/fake-supplier.js';
import { SystemClock } from '../../kernel/clock.js';
import { CachedList } from './cached-list.js';

describe('CachedList', () => {
  let supplier: FakeSupplier;
  let cachedList: CachedList;

  beforeEach(() => {
    jest.useFakeTimers();
    supplier = new FakeSupplier();
    cachedList = new CachedList(supplier, new SystemClock());
  });
  afterEach(() => jest.useRealTimers());

  const prepare = (patience = 2_000): Promise<void> | undefined => cachedList.prepare(true, patience);
  const pass = (ms: number): Promise<unknown> => jest.advanceTimersByTimeAsync(ms);
  const keys = (): string[] => cachedList.entries.map(({ key }) => key);
  const seen = async (): Promise<void> => {
    await prepare();
    cachedList.shown = true;
  };

  it('lets all wait for one asking, but none longer than that is worth', async () => {
    supplier.takes = 5_000;
    const first = prepare();
    await pass(1_999);
    expect([prepare() === first, prepare(1_000)]).toEqual([true, undefined]);
    await pass(1);
    expect([prepare(), cachedList.known]).toEqual([undefined, false]);
    await pass(3_000);
    expect([keys(), supplier.asked.length, await first]).toEqual([['a'], 1, undefined]);
  });

  it('asks once a second at most, however often there is a change, and not again when there is none', async () => {
    await seen();
    for (let i = 0; i < 300; i++) {
      supplier.names = [`${i}`];
      cachedList.refresh();
      await pass(10);
    }
    expect(supplier.asked.map(at => at - supplier.asked[0]!)).toEqual([0, 1_000, 2_000, 3_000]);
    expect(supplier.changes).toBe(3);
    await pass(60_000);
    expect([supplier.asked.length, keys()]).toEqual([4, ['299']]);
  });

  describe('after a change while it is asked for', () => {
    const change = async (): Promise<void> => {
      await pass(50);
      supplier.names = ['b'];
      cachedList.refresh();
    };

    it('asks again where somebody has seen it', async () => {
      await seen();
      supplier.takes = 3_000;
      cachedList.refresh();
      await pass(1_000);
      await change();
      await pass(2_950);
      expect([keys(), supplier.asked.length]).toEqual([['a'], 2]);
      await pass(60_000);
      expect([keys(), supplier.asked.length, supplier.changes]).toEqual([['b'], 3, 1]);
    });

    it('asks the next time where nobody has', async () => {
      supplier.takes = 100;
      const first = prepare();
      await change();
      await pass(60_000);
      expect([keys(), supplier.asked.length, await first]).toEqual([['a'], 1, undefined]);
      void prepare();
      await pass(100);
      expect([keys(), supplier.asked.length, prepare()]).toEqual([['b'], 2, undefined]);
    });

    it('asks again though it could not be had before', async () => {
      supplier.fails = true;
      await seen();
      Object.assign(supplier, { fails: false, takes: 100 });
      await pass(500);
      await change();
      await pass(60_000);
      expect([keys(), supplier.asked.length, supplier.changes]).toEqual([['b'], 3, 2]);
    });
  });

  it('keeps what it has, and says so, where nobody wants to know of a change', async () => {
    await seen();
    supplier.wanted = false;
    cachedList.refresh();
    await pass(60_000);
    expect([keys(), cachedList.known, supplier.asked.length]).toEqual([['a'], true, 1]);
    supplier.names = ['b'];
    await prepare();
    expect(keys()).toEqual(['b']);
  });
});
