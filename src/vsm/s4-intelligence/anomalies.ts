import { Anomaly } from '../../telemetry/intelligence.js';
import { Histogram, Counters } from '../../telemetry/counters.js';
import { InstanceVitals } from '../../kernel/ports/vitals.js';
import { Detector } from './detector.js';
import { Rate, sumOf } from './rate.js';
import { failuresIn } from './report.js';
import { TRAFFIC } from './rules.js';
import { ErrorShare, UnitFigures, Work } from './unit-figures.js';

export interface AnomalyEnd {
  metric: Anomaly['metric'];
  of: string;
  lastedMs: number;
}

/** What has changed with a look. */
export interface Turned {
  begun: Anomaly[];
  ended: AnomalyEnd[];
}

interface Known {
  anomaly: Anomaly;
  since: number;
}

/** Figures of the gateway and of each unit that are out of what was learned of them. */
export class Anomalies {
  private readonly units = new Map<string, UnitFigures>();
  private readonly traffic = new Detector(TRAFFIC);
  private readonly errors = new ErrorShare();
  private readonly messages = new Rate();
  private readonly totals = { failures: 0, answers: 0 };
  private readonly known = new Map<string, Known>();
  private looked = false;

  constructor(private readonly counters: Counters) {}

  /** @param now monotonic ms */
  look(instances: readonly InstanceVitals[], now: number): Turned {
    this.lookAtGateway(now);
    this.lookAtUnits(instances, now);
    this.looked = true;
    const turned: Turned = { begun: [], ended: [] };
    const present = new Map<string, Known>();
    for (const [metric, of, detectors] of this.figures()) {
      const anomaly = detectors.find(detector => detector.anomaly)?.anomaly;
      if (!anomaly) continue;
      const { since, value, expected, score } = anomaly;
      present.set(`${metric} ${of}`, { anomaly: { metric, of, value, expected, score }, since });
    }
    for (const [key, { anomaly, since }] of this.known) {
      if (present.has(key)) continue;
      this.known.delete(key);
      turned.ended.push({ metric: anomaly.metric, of: anomaly.of, lastedMs: now - since });
    }
    for (const [key, found] of present) {
      if (this.known.has(key)) continue;
      this.known.set(key, found);
      turned.begun.push(found.anomaly);
    }
    return turned;
  }

  present(): Anomaly[] {
    return [...this.known.values()].map(({ anomaly }) => anomaly);
  }

  private *figures(): Generator<[Anomaly['metric'], string, Detector[]]> {
    yield ['traffic', '', [this.traffic]];
    yield ['error_rate', '', [this.errors.detector]];
    for (const [unit, { mean, p99, errors }] of this.units) {
      yield ['latency', unit, [mean, p99]];
      yield ['error_rate', unit, [errors.detector]];
    }
  }

  private lookAtGateway(now: number): void {
    const { counters, totals } = this;
    const rate = this.messages.next(sumOf(counters.messagesIn) + sumOf(counters.messagesOut), now);
    const failures = failuresIn(counters);
    let answers = 0;
    for (const [, { total }] of counters.latencies()) answers += total;
    if (this.looked) {
      this.traffic.take(rate, now);
      const failed = failures - totals.failures;
      this.errors.take(failed, failed + answers - totals.answers, now);
    }
    Object.assign(totals, { failures, answers });
  }

  /** Units that are gone are forgotten. */
  private lookAtUnits(instances: readonly InstanceVitals[], now: number): void {
    const histograms = new Map<string, Histogram>(this.counters.latencies());
    const work = workByUnit(instances);
    for (const unit of this.units.keys()) if (!work.has(unit)) this.units.delete(unit);
    for (const [unit, done] of work) {
      let figures = this.units.get(unit);
      if (!figures) this.units.set(unit, (figures = new UnitFigures()));
      figures.take(done, histograms.get(unit), now);
    }
  }
}

function workByUnit(instances: readonly InstanceVitals[]): Map<string, Work> {
  const units = new Map<string, Work>();
  for (const { unit, answered, busyMs, failed } of instances) {
    const work = units.get(unit);
    if (!work) units.set(unit, { answered, busyMs, failed });
    else {
      work.answered += answered;
      work.busyMs += busyMs;
      work.failed += failed;
    }
  }
  return units;
}
