import { InstanceVitals } from '../../kernel/ports/vitals.js';

/** How far back answers count as what an instance does now, in ms. */
const RECENT = 1_600;
/** Looks that are kept: at two a second, for calls that are in flight for half a minute. */
const LOOKS = 64;
/** How much one look moves what was learned; of latencies beyond twice that, a tenth. */
const LEARNING = 0.02;
/** Answers after which the learned past is good for comparison. */
const KNOWN = 20;

type Look = Pick<InstanceVitals, 'inFlight' | 'answered' | 'busyMs' | 'failed'> & { at: number };

/** What came of the newest calls. */
export interface Recent {
  answered: number;
  failed: number;
  /** NaN where nothing was answered. */
  meanMs: number;
}

/** What S3 remembers of one instance, from its cumulative counts. */
export class InstanceRecord {
  private readonly looks: Look[] = [];
  private learned = NaN;
  private learnedLooks = 0;
  private learnedAnswers = 0;
  private learnedFailures = 0;
  /** Calls in flight that say nothing any more: they were sent before its last drain was over. */
  private disregarded = 0;
  private judgedSince = -Infinity;
  vitals: InstanceVitals;

  constructor(first: InstanceVitals, now: number) {
    this.vitals = first;
    this.add(first, now);
  }

  /** @param learns whether what it does now is to count as its past later */
  take(vitals: InstanceVitals, now: number, learns: boolean): void {
    const before = this.looks.at(-1)!;
    this.vitals = vitals;
    this.disregarded = Math.min(this.disregarded, vitals.inFlight);
    // An instance that comes again under the same id counts from nought.
    if (vitals.answered < before.answered || vitals.failed < before.failed) this.looks.length = 0;
    else if (learns) this.learn(vitals, before);
    this.add(vitals, now);
  }

  /** What was before counts no more against it. */
  forgive(now: number): void {
    this.looks.splice(0, this.looks.length - 1);
    this.disregarded = this.vitals.inFlight;
    this.judgedSince = now;
  }

  get recent(): Recent {
    const last = this.looks.at(-1)!;
    const from = this.looks.findLast(({ at }) => last.at - at >= RECENT) ?? this.looks[0]!;
    const answered = last.answered - from.answered;
    return { answered, failed: last.failed - from.failed, meanMs: (last.busyMs - from.busyMs) / answered };
  }

  /**
   * The newest looks in a row at which what had been answered took longer than that on average; several calls that take
   * long by nature may end together, and then it is one look. Looks at which nothing had been answered are passed over.
   */
  slower(than: number): { looks: number; answered: number; meanMs: number } {
    let looks = 0;
    let answered = 0;
    let busyMs = 0;
    for (let i = this.looks.length - 1; i > 0; i--) {
      const [before, now] = [this.looks[i - 1]!, this.looks[i]!];
      const count = now.answered - before.answered;
      const took = now.busyMs - before.busyMs;
      if (count > 0 && took <= than * count) break;
      if (count > 0) looks++;
      answered += count;
      busyMs += took;
    }
    return { looks, answered, meanMs: busyMs / answered };
  }

  /** Mean latency of its past, in ms; NaN until enough is known. */
  get usualMs(): number {
    return this.learnedAnswers >= KNOWN ? this.learned : NaN;
  }

  /** Share of failures in its past. */
  get usualFailures(): number {
    return this.learnedFailures;
  }

  /** Age of its oldest call, as far as that is held against it. */
  oldestMs(now: number): number {
    return Math.min(this.vitals.oldestMs, now - this.judgedSince);
  }

  /**
   * At least so many calls are in flight for longer than that: those that were in flight then, less all that ended
   * since. Calls taken back by their clients end unseen, so it is never more than are in flight now.
   */
  stuck(longerThan: number, now: number): number {
    const then = this.looks.findLast(({ at }) => now - at >= longerThan);
    if (!then) return 0;
    const { inFlight, answered, failed } = this.vitals;
    const ended = answered - then.answered + failed - then.failed;
    return Math.max(0, Math.min(inFlight, then.inFlight - ended) - this.disregarded);
  }

  private learn(now: InstanceVitals, before: Look): void {
    const answered = now.answered - before.answered;
    const ended = answered + now.failed - before.failed;
    if (ended > 0) this.learnedFailures += LEARNING * ((now.failed - before.failed) / ended - this.learnedFailures);
    if (answered === 0) return;
    const mean = (now.busyMs - before.busyMs) / answered;
    this.learnedAnswers += answered;
    const weight = Math.max(LEARNING, 1 / ++this.learnedLooks);
    if (!(this.learned >= 0)) this.learned = mean;
    else this.learned += (mean > 2 * this.learned ? weight / 10 : weight) * (mean - this.learned);
  }

  private add({ inFlight, answered, busyMs, failed }: InstanceVitals, at: number): void {
    this.looks.push({ at, inFlight, answered, busyMs, failed });
    if (this.looks.length > LOOKS) this.looks.shift();
  }
}
