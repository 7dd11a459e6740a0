import { FakeSource, pageOf } from '../../../test/support/fake-source.js';
import { SystemClock } from '../../kernel/clock.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { UnitCatalog } from './unit-catalog.js';

const TOOLS = 'tools/list';
const PATIENCE = 2_000;
const tool = (name: string): string => `{"name":"${name}"}`;
const many = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => tool(`t${from + i}`));
const error = (code: number, message: unknown): JsonRpcMessage =>
  JsonRpcMessage.of({ id: 1, error: { code, message } });

describe('UnitCatalog', () => {
  let source: FakeSource;
  let catalog: UnitCatalog;

  beforeEach(() => {
    jest.useFakeTimers();
    source = new FakeSource();
    catalog = new UnitCatalog(source, new SystemClock(), () => undefined);
  });
  afterEach(() => {
    catalog.close();
    jest.useRealTimers();
  });

  const prepare = (): Promise<void> | undefined => catalog.prepare(TOOLS, PATIENCE);
  const keys = (): string[] => catalog.look(TOOLS).entries.map(({ key }) => key);
  const missing = (): string | undefined => catalog.look(TOOLS).missing?.code;

  describe('takes pages', () => {
    it('until there are no more, handing cursors back as they are', async () => {
      const cursors = ['', '__proto__', '{"a":"\\"}', undefined];
      source.answer = (method, { cursor }) => {
        const at = cursor === undefined ? 0 : cursors.indexOf(cursor as string) + 1;
        return pageOf(method, [tool(`t${at}`)], cursors[at]);
      };
      await prepare();
      expect(keys()).toEqual(['t0', 't1', 't2', 't3']);
      expect(source.asked.map(({ params }) => params)).toEqual([
        {},
        ...cursors.slice(0, 3).map(cursor => ({ cursor })),
      ]);
    });

    it.each([null, 7, {}, ['a'], false])('and takes %j for no cursor', async cursor => {
      source.answer = method => pageOf(method, [tool('a')], cursor);
      await prepare();
      expect([keys(), source.asked.length]).toEqual([['a'], 1]);
    });

    it('of a unit that never comes to an end 200', async () => {
      source.answer = method => pageOf(method, [tool(`t${source.asked.length}`)], 'more');
      await prepare();
      expect([source.asked.length, keys().length, missing()]).toEqual([200, 200, undefined]);
    });

    it('of one that lists more than 10,000 no more than that', async () => {
      source.answer = method => pageOf(method, many(3_000, 3_000 * source.asked.length), 'more');
      await prepare();
      expect([source.asked.length, keys().length, new Set(keys()).size]).toEqual([4, 10_000, 10_000]);
    });

    it('of one that lists more than that on one page the first 10,000', async () => {
      source.lists[TOOLS] = many(200_000);
      await prepare();
      expect([keys().length, missing()]).toEqual([10_000, undefined]);
    });

    it('of one that talks without end no more than 4 Mi characters and a page', async () => {
      const long = `{"name":"long","description":"${'x'.repeat(1_000_000)}"}`;
      source.answer = method => pageOf(method, [long], 'more');
      await prepare();
      expect([source.asked.length, missing()]).toEqual([5, undefined]);
    });
  });

  describe('where the unit answers with an error', () => {
    it('finds nothing if it does not know the method', async () => {
      source.answer = () => error(-32601, 'Method not found');
      await prepare();
      expect([keys(), missing()]).toEqual([[], undefined]);
    });

    it.each([-32603, 0, '-32601', null])('of code %j leaves it out', async code => {
      source.answer = () => error(code as number, 'x'.repeat(10_000));
      await prepare();
      expect([keys(), missing()]).toEqual([[], 'unit_unavailable']);
      expect(catalog.look(TOOLS).missing!.message.length).toBeLessThan(300);
    });

    it('in the middle shows no half of a list', async () => {
      source.answer = (method, { cursor }) => (cursor ? error(1, 'no') : pageOf(method, [tool('a')], 'more'));
      await prepare();
      expect([keys(), missing()]).toEqual([[], 'unit_unavailable']);
    });
  });
});
