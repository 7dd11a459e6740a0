import { InstanceVitals } from '../../kernel/ports/vitals.js';
import { median } from './control-loop.js';

/** Answers that make a sample, and for how long they are waited for, in ms. */
const ENOUGH = 20;
const PATIENCE = 5_000;

/** What a unit did between two looks or more. */
export interface Sample {
  at: number;
  /**
   * How long answers took, in multiples of what calls of their kinds take without load: of its instances the one in the
   * middle, so that one slow one is not the unit.
   */
  stretch: number;
  /** What such calls take without load, in ms. */
  unloadedMs: number;
  /** Answers per second. */
  perSecond: number;
  /** Calls in flight now. */
  inFlight: number;
  /** 0 … 1. */
  failures: number;
}

type Counts = Pick<InstanceVitals, 'answered' | 'compared' | 'comparedMs' | 'unloadedMs' | 'failed'>;

const NOTHING: Counts = { answered: 0, compared: 0, comparedMs: 0, unloadedMs: 0, failed: 0 };

/** Makes samples of the cumulative counts of a unit's instances. */
export class Throughput {
  private readonly from = new Map<string, Counts>();
  private since: number;

  constructor(now: number) {
    this.since = now;
  }

  /** What was done until now makes no sample. */
  restart(instances: readonly InstanceVitals[], now: number): void {
    this.since = now;
    this.from.clear();
    for (const one of instances) this.from.set(one.instance, countsOf(one));
  }

  /** @returns undefined as long as there is not enough for one */
  take(instances: readonly InstanceVitals[], now: number): Sample | undefined {
    const work = instances.map(one => this.workOf(one));
    const compared = sum(work.map(one => one.compared));
    const inFlight = sum(instances.map(({ inFlight, asking }) => inFlight - asking));
    const took = now - this.since;
    if (compared < ENOUGH && (compared === 0 || took < PATIENCE)) {
      if (compared === 0 && inFlight === 0) this.restart(instances, now);
      return undefined;
    }
    const failed = sum(work.map(one => one.failed));
    const answered = sum(work.map(one => one.answered));
    const stretch = median(work.filter(one => one.compared > 0).map(one => one.comparedMs / one.unloadedMs));
    const unloadedMs = sum(work.map(one => one.unloadedMs)) / compared;
    const perSecond = (1_000 * compared) / took;
    this.restart(instances, now);
    return { at: now, stretch, unloadedMs, perSecond, inFlight, failures: failed / (answered + failed) };
  }

  private workOf(one: InstanceVitals): Counts {
    const from = this.from.get(one.instance);
    // One that is new, or comes again, begins here.
    if (!from || from.answered > one.answered || from.failed > one.failed) {
      this.from.set(one.instance, countsOf(one));
      return NOTHING;
    }
    return {
      answered: one.answered - from.answered,
      compared: one.compared - from.compared,
      comparedMs: one.comparedMs - from.comparedMs,
      unloadedMs: one.unloadedMs - from.unloadedMs,
      failed: one.failed - from.failed,
    };
  }
}

const countsOf = ({ answered, compared, comparedMs, unloadedMs, failed }: InstanceVitals): Counts => ({
  answered,
  compared,
  comparedMs,
  unloadedMs,
  failed,
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
