import { ReadThrottle } from './read-throttle.js';

class Probe extends ReadThrottle<string> {
  paused = false;
  held = true;
  readonly lengths: number[] = [];
  receive(data: Buffer): void {
    this.come(data.toString());
  }
  protected holdFor(): number {
    return this.held ? 100 : 0;
  }
  protected take(frame: string): void {
    this.lengths.push(frame.length);
  }
  protected pause(): void {
    this.paused = true;
  }
  protected resume(): void {
    this.paused = false;
  }
  protected excuse(): void {}
  protected over(): void {}
}

describe('ReadThrottle', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('reads nothing more of a client that is held once some long frames wait, until they are taken', () => {
    const socketHandler = new Probe();
    socketHandler.receive(Buffer.from('short'));
    expect(socketHandler.paused).toBe(false);
    socketHandler.receive(Buffer.alloc(100_000, 'x'));
    expect(socketHandler.paused).toBe(true);
    jest.advanceTimersByTime(100);
    expect([socketHandler.paused, socketHandler.lengths]).toEqual([true, []]);
    socketHandler.held = false;
    jest.advanceTimersByTime(100);
    expect([socketHandler.paused, socketHandler.lengths]).toEqual([false, [5, 100_000]]);
    socketHandler.held = true;
    socketHandler.receive(Buffer.from('short'));
    expect(socketHandler.paused).toBe(false);
    socketHandler.gone();
  });
});
