import { Histogram } from '../../telemetry/counters.js';
import { Detector } from './detector.js';
import { answersIn, LatencyWindow, quantileMs } from './latency.js';
import { ERROR_RATE, LATENCY } from './rules.js';

/** Fewer answers, or calls, say too little; they are kept until there are enough. */
const ENOUGH = { mean: 5, p99: 100, errors: 20 };

/** Totals of a unit. */
export interface Work {
  answered: number;
  busyMs: number;
  failed: number;
}

/** What the share of calls that fail may be off by chance where one of a hundred does: a binomial's deviation. */
function chance(calls: number): number {
  return Math.sqrt((0.01 * 0.99) / calls);
}

/** Watches the share of calls that fail. */
export class ErrorShare {
  readonly detector = new Detector(ERROR_RATE);
  private failed = 0;
  private ended = 0;

  /** @param failed calls since the last look; of `ended`, which count those too */
  take(failed: number, ended: number, now: number): void {
    this.failed += failed;
    this.ended += ended;
    if (this.ended < ENOUGH.errors) return this.detector.rest(now);
    this.detector.take(this.failed / this.ended, now, chance(this.ended));
    this.failed = this.ended = 0;
  }
}

/** Watches one unit: how long its answers take, on the whole and at worst, and how many of its calls fail. */
export class UnitFigures {
  readonly mean = new Detector(LATENCY);
  readonly p99 = new Detector(LATENCY);
  readonly errors = new ErrorShare();
  private before: Work | undefined;
  private readonly pending = { answered: 0, busyMs: 0 };
  private readonly window = new LatencyWindow();
  private readonly buckets = new Float64Array(new Histogram().counts.length);

  take(work: Work, histogram: Histogram | undefined, now: number): void {
    const before = this.before ?? work;
    this.before = work;
    const answered = work.answered - before.answered;
    const failed = work.failed - before.failed;
    // An instance that leaves takes its totals along.
    if (answered >= 0 && failed >= 0) {
      this.takeMean(answered, work.busyMs - before.busyMs, now);
      this.errors.take(failed, answered + failed, now);
    }
    if (histogram) this.takeWorst(histogram, now);
  }

  private takeMean(answered: number, busyMs: number, now: number): void {
    const { pending } = this;
    pending.answered += answered;
    pending.busyMs += busyMs;
    if (pending.answered < ENOUGH.mean) return this.mean.rest(now);
    this.mean.take(pending.busyMs / pending.answered, now);
    pending.answered = pending.busyMs = 0;
  }

  private takeWorst(histogram: Histogram, now: number): void {
    this.window.take(histogram, this.buckets);
    if (answersIn(this.buckets) < ENOUGH.p99) return this.p99.rest(now);
    this.p99.take(quantileMs(this.buckets, 0.99), now);
    this.buckets.fill(0);
  }
}
