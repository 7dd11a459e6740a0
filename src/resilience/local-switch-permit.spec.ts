import { SystemClock } from '../kernel/clock.js';
import { LocalSwitchPermit } from './local-switch-permit.js';

describe('LocalSwitchPermit', () => {
  let permit: LocalSwitchPermit;
  const make = (max = 3, most?: number): LocalSwitchPermit =>
    new LocalSwitchPermit({ window: 60_000, max, most }, new SystemClock());
  const ask = (client = 'a'): number => permit.ask(client, 'websocket', 'http_sse');
  const note = (client = 'a'): void => permit.note(client, 'http_sse', 'websocket');

  beforeEach(() => {
    jest.useFakeTimers();
    permit = make();
  });
  afterEach(() => jest.useRealTimers());

  it('allows three in any minute, and says when the next may be', () => {
    for (let i = 0; i < 3; i++) {
      expect(ask()).toBe(0);
      jest.advanceTimersByTime(10_000);
    }
    expect(ask()).toBe(30_000);
    jest.advanceTimersByTime(29_999);
    expect(ask()).toBe(1);
    jest.advanceTimersByTime(1);
    expect([ask(), ask()]).toEqual([0, 10_000]);
  });

  it('counts each client for itself', () => {
    for (let i = 0; i < 3; i++) ask('a');
    expect([ask('a'), ask('b')]).toEqual([60_000, 0]);
  });

  it('counts switches that nobody asked for, also beyond those allowed', () => {
    for (let i = 0; i < 5; i++) {
      note();
      jest.advanceTimersByTime(1_000);
    }
    expect(ask()).toBe(57_000);
    jest.advanceTimersByTime(57_000);
    expect(ask()).toBe(0);
    expect(ask()).toBe(1_000);
  });

  it('does not count what it refused', () => {
    for (let i = 0; i < 3; i++) ask();
    for (let i = 0; i < 59; i++, jest.advanceTimersByTime(1_000)) expect(ask()).toBe(60_000 - i * 1_000);
    jest.advanceTimersByTime(1_000);
    expect(ask()).toBe(0);
  });

  it('forgets clients after the window', () => {
    for (let i = 0; i < 100; i++) ask(`client ${i}`);
    jest.advanceTimersByTime(60_000);
    ask();
    expect(permit.clients).toBe(1);
  });

  it('refuses those it cannot remember until there is room, and lets nobody it knows off', () => {
    permit = make(3, 2);
    ask('a');
    jest.advanceTimersByTime(10_000);
    for (let i = 0; i < 3; i++) ask('b');
    expect(ask('c')).toBe(50_000);
    note('c');
    expect([permit.clients, ask('b'), ask('a')]).toEqual([2, 60_000, 0]);
    expect(ask('c')).toBe(60_000);
    jest.advanceTimersByTime(60_000);
    expect(ask('c')).toBe(0);
  });
});
