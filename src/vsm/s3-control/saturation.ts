import { Sample } from './throughput.js';

/** Looks that one sample of each scale is made of: an overload is sudden, or creeps up. */
const SCALES = [1, 4, 16];
/** Stretch that may be a queue, and what is seen sooner. */
const STRETCHED = 2;
const FAR_STRETCHED = 4;
/** Fewer answers per second are not enough to judge by. */
const ENOUGH = 10;
/** Fewer calls in flight are no crowd. */
const CROWD = 16;
/** What counts as growth from one sample to the next: as a factor, and of calls in flight in standard deviations too. */
const GROWTH = 1.1;
const DEVIATIONS = 4;

/**
 * Whether calls queue at a unit. A unit that merely takes long, or takes longer since its callers want more of it, answers
 * as many calls per second as came one latency ago. One that is saturated answers no more of them, however many come:
 * calls in flight and latency grow on together while throughput stays, sample by sample, until both are at least doubled.
 */
export class Saturation {
  private readonly trends = SCALES.map(looks => new Trend(looks));

  /** @returns whether this is what saturation looks like */
  take(sample: Sample): boolean {
    return this.trends.filter(trend => trend.take(sample)).length > 0;
  }

  forget(): void {
    for (const trend of this.trends) trend.forget();
  }
}

class Trend {
  private batch: Sample[] = [];
  private last: Sample | undefined;
  /** Where it began to grow, and for how many samples it has. */
  private first: Sample | undefined;
  private steps = 0;

  constructor(private readonly looks: number) {}

  forget(): void {
    this.batch = [];
    this.last = undefined;
    this.first = undefined;
    this.steps = 0;
  }

  take(sample: Sample): boolean {
    if (this.batch.push(sample) < this.looks) return false;
    const now = meanOf(this.batch);
    this.batch = [];
    const before = this.last;
    this.last = now;
    if (!before || !grows(before, now)) {
      this.first = undefined;
      this.steps = 0;
      return false;
    }
    const first = (this.first ??= before);
    const needed = now.stretch > FAR_STRETCHED && this.looks === 1 ? 2 : 3;
    const doubled = now.stretch >= 2 * first.stretch && now.inFlight >= 2 * first.inFlight;
    return ++this.steps >= needed && doubled && now.stretch > STRETCHED && now.inFlight >= CROWD;
  }
}

function grows(before: Sample, now: Sample): boolean {
  const { inFlight, perSecond, stretch } = now;
  if (perSecond < ENOUGH || stretch < GROWTH * before.stretch) return false;
  const more = inFlight - before.inFlight;
  if (more < (GROWTH - 1) * before.inFlight || more < DEVIATIONS * Math.sqrt(before.inFlight)) return false;
  // Throughput of a unit that has room grows as calls in flight do, and does not fall when more come.
  const growth = perSecond / before.perSecond;
  return growth > 0.8 && growth < Math.sqrt(inFlight / Math.max(1, before.inFlight));
}

/** In flight is what there was at the end. */
function meanOf(samples: Sample[]): Sample {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  return { ...samples.at(-1)!, stretch: mean(one => one.stretch), perSecond: mean(one => one.perSecond) };
}
