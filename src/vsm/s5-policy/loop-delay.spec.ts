import { EventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { MeasuredLoopDelay } from './loop-delay.js';

describe('the delay of the event loop', () => {
  /** Blocks for 300 ms; the loop is at work for that share of each 500 ms, it is said. */
  async function blocked(share: number): Promise<number> {
    const said: EventLoopUtilization = { idle: 0, active: 0, utilization: 0 };
    const measured = new MeasuredLoopDelay(500, () => ({ ...said }));
    await delay(50);
    measured.take();
    await delay(50);
    const end = performance.now() + 300;
    while (performance.now() < end);
    await delay(50);
    said.active += 500 * share;
    said.idle += 500 * (1 - share);
    const late = measured.take();
    measured.stop();
    return late;
  }

  it('is what was measured, where the loop is at work', async () => {
    expect(await blocked(0.95)).toBeGreaterThan(200);
  });

  it('is seen where the loop is later than all looks', () => {
    const measured = new MeasuredLoopDelay(10);
    for (let i = 0; i < 3; i++) {
      const end = performance.now() + 100;
      while (performance.now() < end);
      expect(measured.take()).toBeGreaterThan(80);
    }
    measured.stop();
  });

  it('is none where the loop has little to do: it is the machine that is slow', async () => {
    expect(await blocked(0.3)).toBe(0);
  });
});
