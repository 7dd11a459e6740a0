import { LoadForecast } from '../../telemetry/intelligence.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Rate, sumOf } from './rate.js';

/** Milliseconds that it takes to have another replica: the look of an autoscaler (15 s), and a pod that starts. */
export const HORIZON = 60_000;
/** Milliseconds between two values. */
export const SAMPLE = 5_000;

/** How fast level and trend follow, and what is left of the trend from value to value. */
const LEVEL = 0.4;
const TREND = 0.2;
const DAMPING = 0.99;

/**
 * Double exponential smoothing (Holt 1957) with a damped trend (Gardner & McKenzie, "Forecasting trends in time series",
 * Management Science 31, 1985): no rise goes on for ever.
 */
export class Holt {
  private level: number | undefined;
  private trend = 0;

  observe(value: number): void {
    if (this.level === undefined) {
      this.level = value;
      return;
    }
    const expected = this.level + DAMPING * this.trend;
    const error = value - expected;
    this.level = expected + LEVEL * error;
    this.trend = DAMPING * this.trend + LEVEL * TREND * error;
  }

  /** @returns what is expected after so many values, not less than 0; undefined where none has come */
  ahead(steps: number): number | undefined {
    if (this.level === undefined) return undefined;
    const trends = (DAMPING * (1 - DAMPING ** steps)) / (1 - DAMPING);
    return Math.max(0, this.level + trends * this.trend);
  }
}

/** What load S4 expects, early enough for another replica to be there when it comes. */
export class Forecaster {
  private readonly connections = new Holt();
  private readonly messages = new Holt();
  private readonly rate = new Rate();

  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {
    this.connections.observe(sumOf(counters.connections));
    this.rate.next(this.messageTotal, clock.elapsed());
  }

  /** Takes a value of each; called every `SAMPLE` ms. */
  sample(): void {
    this.connections.observe(sumOf(this.counters.connections));
    this.messages.observe(this.rate.next(this.messageTotal, this.clock.elapsed()));
  }

  /** @param messageRate messages per second at present */
  forecasts(messageRate: number): LoadForecast[] {
    const connections = sumOf(this.counters.connections);
    return [forecast('connections', connections, this.connections), forecast('messages', messageRate, this.messages)];
  }

  private get messageTotal(): number {
    return sumOf(this.counters.messagesIn) + sumOf(this.counters.messagesOut);
  }
}

function forecast(metric: LoadForecast['metric'], now: number, holt: Holt): LoadForecast {
  return { metric, now, expected: holt.ahead(HORIZON / SAMPLE) ?? now, horizonMs: HORIZON };
}
