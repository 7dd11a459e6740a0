import { FlowControl } from './flow-control.js';

const SETTINGS = { windowHalf: 50, windowFull: 100, rate: 200, lag: 5_000, bundle: 1_000, socketBuffer: 1 << 20 };

describe('FlowControl', () => {
  let pacing: FlowControl;
  beforeEach(() => {
    pacing = new FlowControl(SETTINGS, 0);
  });
  const all = (inWindow: number, now: number): number => pacing.room(true, inWindow, now).all;

  it('leaves those who acknowledge nothing to their sockets', () => {
    expect(pacing.room(false, 100_000, 0)).toEqual({ high: 256, all: 256 });
  });

  it('fills the window up to half at once', () => {
    expect(all(0, 0)).toBe(50);
    expect(all(49, 0)).toBe(1);
  });

  it('lets high priorities enter always, and only them when it is full', () => {
    for (const inWindow of [0, 50, 99, 100, 500]) expect(pacing.room(true, inWindow, 0).high).toBe(256);
    expect(all(100, 1e6)).toBe(0);
    expect(all(101, 1e6)).toBe(0);
  });

  it('gives half the rate above half', () => {
    let inWindow = 50;
    all(49, 0);
    for (let now = 0; now <= 400; now += 5) {
      const count = all(inWindow, now);
      pacing.entered(count, inWindow + count, 0, now);
      inWindow += count;
    }
    expect(inWindow).toBe(50 + 40);
  });

  it('saves up nothing while it is below half, and little while nothing comes', () => {
    expect(all(0, 600_000)).toBe(50);
    expect(all(50, 600_000)).toBe(0);
    expect(all(50, 1_200_000)).toBe(10);
  });

  it('never lets more enter than is free', () => {
    expect(all(99, 1e6)).toBe(1);
  });

  it('says when there may be room for one more', () => {
    expect(pacing.wait(true, 100)).toBeUndefined();
    all(49, 0);
    expect(pacing.wait(true, 60)).toBe(10);
    all(60, 4);
    expect(pacing.wait(true, 60)).toBe(6);
    expect(pacing.wait(false, 1_000)).toBe(10);
  });

  it('knows a rate below one message each bundle', () => {
    pacing = new FlowControl({ ...SETTINGS, rate: 1 }, 0);
    expect(all(60, 1_999)).toBe(0);
    expect(all(60, 2_000)).toBe(1);
  });

  it('says when the oldest that is not acknowledged is too old', () => {
    pacing.entered(1, 1, 0, 0);
    expect(pacing.lags(0, 5_000)).toBe(false);
    expect(pacing.lags(0, 5_001)).toBe(true);
    expect(pacing.lags(1, 5_001)).toBe(false);
  });

  it('does not forget one that entered soon after one that is acknowledged', () => {
    pacing.entered(1, 1, 0, 0);
    pacing.entered(1, 2, 0, 40);
    expect(pacing.lags(1, 5_200)).toBe(true);
    expect(pacing.lags(2, 5_200)).toBe(false);
  });

  it('measures from the oldest, not from the newest', () => {
    for (let i = 0; i < 10; i++) pacing.entered(1, i + 1, 0, i * 1_000);
    expect(pacing.lags(4, 9_001)).toBe(true);
    expect(pacing.lags(5, 9_001)).toBe(false);
  });

  it('holds no marks for what is confirmed, although nobody asks for the lag', () => {
    for (let i = 0; i < 10_000; i++) pacing.entered(1, i + 1, i, i * 1_000);
    expect((pacing as unknown as { marks: unknown[] }).marks.length).toBe(1);
  });
});
