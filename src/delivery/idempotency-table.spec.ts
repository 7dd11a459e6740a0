import { FakedClock } from '../../test/support/fake-sink.js';
import { IdempotencyTable } from './idempotency-table.js';

describe('IdempotencyTable', () => {
  let table: IdempotencyTable;
  beforeEach(() => {
    jest.useFakeTimers();
    table = new IdempotencyTable(new FakedClock());
  });
  afterEach(() => jest.useRealTimers());

  it('keeps the first outcome', () => {
    expect(table.once('a', '1')).toBeUndefined();
    expect(table.once('a', '2')).toBe('1');
    expect(table.get('a')).toBe('1');
    expect(table.get('b')).toBeUndefined();
  });

  it('keeps it for five minutes', () => {
    table.once('a', '1');
    jest.advanceTimersByTime(299_999);
    expect(table.get('a')).toBe('1');
    jest.advanceTimersByTime(1);
    expect(table.get('a')).toBeUndefined();
    expect(table.once('a', '2')).toBeUndefined();
    expect(table.get('a')).toBe('2');
  });

  it('keeps an empty outcome', () => {
    table.once('a', '');
    expect(table.once('a', '2')).toBe('');
  });

  it('forgets the oldest when there are too many, or they are too long', () => {
    for (let i = 0; i < 100_001; i++) table.once(`k${i}`, '');
    expect(table.get('k0')).toBeUndefined();
    expect(table.get('k1')).toBe('');
    table.once('long', 'x'.repeat(32 * 1024 * 1024 - 4));
    expect(table.get('k100000')).toBeUndefined();
    expect(table.get('long')).toBeDefined();
    table.once('b', '');
    expect(table.get('long')).toBeUndefined();
    expect(table.get('b')).toBe('');
  });

  it('forgets what has expired when something is noted', () => {
    for (let i = 0; i < 1_000; i++) table.once(`k${i}`, 'x');
    jest.advanceTimersByTime(300_000);
    table.once('new', 'x');
    const { outcomes, length } = table as unknown as { outcomes: Map<string, unknown>; length: number };
    expect([outcomes.size, length]).toEqual([1, 4]);
  });
});
