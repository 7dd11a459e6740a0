import { Dice } from '../../../load/lib/dice.js';
import { HandClock } from '../../../test/support/hand-clock.js';
import { Counters } from '../../telemetry/counters.js';
import { Forecaster, HORIZON, SAMPLE } from './forecast.js';

describe('the forecast', () => {
  let counters: Counters;
  let clock: HandClock;
  let forecaster: Forecaster;

  beforeEach(() => {
    [counters, clock] = [new Counters(), new HandClock()];
    forecaster = new Forecaster(counters, clock);
  });

  /** Goes on to the next value, with so many connections and messages per second. */
  function next(connections: number, rate = connections): void {
    counters.connections.add('websocket', Math.round(connections) - counters.connections.get('websocket'));
    counters.messagesIn.add('websocket', (rate * SAMPLE) / 1000);
    clock.pass(SAMPLE);
    forecaster.sample();
  }

  const expected = (): number[] => forecaster.forecasts(0).map(forecast => forecast.expected);

  it('takes what is for what will be, as long as it knows nothing else', () => {
    counters.connections.add('websocket', 4);
    forecaster = new Forecaster(counters, clock);
    expect(forecaster.forecasts(7)).toEqual([
      { metric: 'connections', now: 4, expected: 4, horizonMs: 60_000 },
      { metric: 'messages', now: 7, expected: 7, horizonMs: 60_000 },
    ]);
  });

  it('knows a ramp a minute before it is there, to a tenth', () => {
    for (let i = 0; i < 24; i++) next(100);
    const ramp = (seconds: number): number => 100 + 10 * seconds;
    // Less than a minute of a ramp is enough to know it: before what is expected is there.
    for (let seconds = 5; seconds <= 300; seconds += 5) {
      next(ramp(seconds));
      if (seconds < 55) continue;
      const then = ramp(seconds + HORIZON / 1000);
      for (const forecast of expected()) expect(Math.abs(forecast - then) / then).toBeLessThan(0.1);
    }
  });

  it('does not oscillate on noise', () => {
    const dice = new Dice(7);
    const [values, forecasts]: number[][] = [[], []];
    for (let i = 0; i < 1_000; i++) {
      const value = 400 + 20 * dice.normal();
      next(400, value);
      if (i < 24) continue;
      values!.push(value);
      forecasts!.push(expected()[1]!);
    }
    expect(mean(forecasts!)).toBeCloseTo(400, -1);
    expect(deviation(forecasts!)).toBeLessThan(2 * deviation(values!));
  });

  it('is never negative, and comes to rest after a fall', () => {
    for (let i = 0; i < 24; i++) next(1_000);
    for (let rate = 1_000; rate >= 0; rate -= 100) {
      next(rate);
      for (const forecast of expected()) expect(forecast).toBeGreaterThanOrEqual(0);
    }
    for (let i = 0; i < 60; i++) next(20);
    for (const forecast of expected()) expect(forecast).toBeCloseTo(20, 0);
  });
});

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map(value => (value - middle) ** 2)));
}
