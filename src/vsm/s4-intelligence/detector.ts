import { Baseline } from './baseline.js';

/** Robust z-score from which on a value is out of the ordinary. */
const FAR = 6;
/** Values in a row that begin an anomaly, and that end it. */
const IN_A_ROW = 3;
/** Milliseconds after which what was an anomaly is what is normal. */
const NEW_NORMAL = 600_000;
/** Milliseconds without a value after which nothing is known to be out of the ordinary any more. */
const SILENCE = 60_000;

/** What makes a difference of a figure matter, besides that it is improbable. */
export interface Rule {
  /** Differences this small are noise, as a standard deviation. */
  noise(expected: number): number;
  /** Whether the difference matters in practice. */
  matters(value: number, expected: number): boolean;
}

export interface Deviation {
  value: number;
  expected: number;
  score: number;
}

/** Watches one figure: learns what is normal, and says whether it is not. */
export class Detector {
  /** Since when it is anomalous, in monotonic ms, and how it began. */
  anomaly: (Deviation & { since: number }) | undefined;
  private baseline = new Baseline();
  /** Learned in an anomaly, and held against nobody as long as that may pass. */
  private candidate = new Baseline();
  private held: number[] = [];
  private calm = 0;
  private heardAt = 0;

  constructor(private readonly rule: Rule) {}

  /**
   * Takes the next value.
   * @param noise what chance alone does to this value, as a standard deviation
   */
  take(value: number, now: number, noise = 0): void {
    this.heardAt = now;
    const deviation = this.deviation(value, noise);
    if (this.anomaly) this.goOn(value, now, deviation !== undefined);
    else if (!deviation) this.learn(value);
    else if (this.held.push(value) >= IN_A_ROW) this.begin({ ...deviation, since: now });
  }

  /** Nothing came. */
  rest(now: number): void {
    if (this.anomaly && now - this.heardAt >= SILENCE) this.end();
  }

  private deviation(value: number, noise: number): Deviation | undefined {
    const { baseline, rule } = this;
    if (!baseline.isLearned) return undefined;
    const { expected, low, high } = baseline;
    const score = (value - expected) / Math.max(baseline.spread, rule.noise(expected), noise);
    const isFar = Math.abs(score) >= FAR && (value > high || value < low);
    return isFar && rule.matters(value, expected) ? { value, expected, score } : undefined;
  }

  /** What went by without becoming an anomaly was part of what is normal. */
  private learn(value: number): void {
    for (const each of this.held.splice(0)) this.baseline.learn(each);
    this.baseline.learn(value);
  }

  private begin(anomaly: Deviation & { since: number }): void {
    this.anomaly = anomaly;
    this.held = [];
    this.calm = 0;
    this.candidate = new Baseline();
  }

  private goOn(value: number, now: number, deviates: boolean): void {
    this.calm = deviates ? 0 : this.calm + 1;
    this.candidate.learn(value);
    if (this.calm >= IN_A_ROW) return this.end();
    if (now - this.anomaly!.since < NEW_NORMAL || !this.candidate.isLearned) return;
    this.baseline = this.candidate;
    this.end();
  }

  private end(): void {
    this.anomaly = undefined;
    this.held = [];
  }
}
