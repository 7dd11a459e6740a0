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

  describe('that could not be had', () => {
    beforeEach(async () => {
      supplier.fails = true;
      await seen();
    });
    const waits = (): number[] => supplier.asked.slice(1).map((at, i) => at - supplier.asked[i]!);

    it('is asked again ever later, and soon again after it was there', async () => {
      await pass(500 + 1_000 + 2_000 + 4_000 + 8_000 + 10_000);
      expect([waits(), prepare()]).toEqual([[500, 1_000, 2_000, 4_000, 8_000, 10_000], undefined]);
      supplier.fails = false;
      await pass(10_000);
      expect([keys(), cachedList.error]).toEqual([['a'], undefined]);
      supplier.fails = true;
      cachedList.refresh();
      await pass(1_000 + 500 + 1_000);
      expect(waits().slice(-2)).toEqual([500, 1_000]);
    });

    it('is not asked sooner because there is a change', async () => {
      await pass(500 + 1_000);
      for (let i = 0; i < 199; i++, await pass(10)) cachedList.refresh();
      expect(supplier.asked).toHaveLength(3);
      supplier.takes = 100;
      for (let i = 0; i < 400; i++, await pass(10)) cachedList.refresh();
      expect(waits()).toEqual([500, 1_000, 2_000]);
    });

    it('is forgotten to be so where nobody wants to know, and had when somebody does', async () => {
      Object.assign(supplier, { wanted: false, fails: false });
      const { version } = cachedList;
      await pass(60_000);
      expect([supplier.asked.length, cachedList.error, cachedList.known, cachedList.version > version]).toEqual([
        1,
        undefined,
        false,
        true,
      ]);
      await prepare();
      expect([keys(), cachedList.known]).toEqual([['a'], true]);
    });

    it('is not asked again once it is closed, nor is there a timer', async () => {
      cachedList.close();
      await pass(60_000);
      expect([supplier.asked.length, jest.getTimerCount()]).toEqual([1, 0]);
    });

    it('is not asked again either when it was closed while it was asked', async () => {
      supplier.takes = 100;
      await pass(550);
      cachedList.close();
      await pass(60_000);
      expect([supplier.asked.length, jest.getTimerCount()]).toEqual([2, 0]);
    });
  });
});
