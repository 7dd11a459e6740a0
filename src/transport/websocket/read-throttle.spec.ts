import { PatientLine } from './read-throttle.js';

class Probe extends PatientLine<string> {
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

describe('PatientLine', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('reads nothing more of a client that is held once some long frames wait, until they are taken', () => {
    const line = new Probe();
    line.receive(Buffer.from('short'));
    expect(line.paused).toBe(false);
    line.receive(Buffer.alloc(100_000, 'x'));
    expect(line.paused).toBe(true);
    jest.advanceTimersByTime(100);
    expect([line.paused, line.lengths]).toEqual([true, []]);
    line.held = false;
    jest.advanceTimersByTime(100);
    expect([line.paused, line.lengths]).toEqual([false, [5, 100_000]]);
    line.held = true;
    line.receive(Buffer.from('short'));
    expect(line.paused).toBe(false);
    line.gone();
  });
});
