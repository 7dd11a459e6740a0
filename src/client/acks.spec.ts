import { Acks } from './acks.js';

describe('Acks', () => {
  let sent: unknown[];
  let kept: number[];
  let acks: Acks;

  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    kept = [];
    acks = new Acks(
      ({ text }) => sent.push(JSON.parse(text)),
      ({ last }) => kept.push(last),
    );
  });
  afterEach(() => jest.useRealTimers());

  const dispatch = (from: number, to: number): void => {
    for (let last = from; last <= to; last++) acks.dispatched({ epoch: 'e', last });
  };

  it('says it for all together after 20 ms', () => {
    dispatch(0, 4);
    jest.advanceTimersByTime(19);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([{ type: 'ack', sequence: 4, epoch: 'e' }]);
    jest.advanceTimersByTime(1_000);
    expect(sent).toHaveLength(1);
  });

  it('waits for no more than 32', () => {
    dispatch(0, 69);
    expect(sent).toMatchObject([{ sequence: 31 }, { sequence: 63 }]);
    expect(kept).toEqual([31, 63]);
    acks.flush();
    expect(sent).toMatchObject([{ sequence: 31 }, { sequence: 63 }, { sequence: 69 }]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('forgets what is not to be said any more', () => {
    dispatch(0, 4);
    acks.forget();
    expect(jest.getTimerCount()).toBe(0);
    acks.flush();
    expect(sent).toEqual([]);
  });
});
