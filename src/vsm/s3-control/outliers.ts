import { Clock } from '../../kernel/clock.js';
import { isAvoided, LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { CircuitVitals } from '../../kernel/ports/vitals.js';
import { ControlLoop } from './control-loop.js';
import { InstanceRecord } from './instance-record.js';
import { judge, Peers, Verdict } from './outlier-judge.js';

/** How long an instance is drained the first time, and at most, in ms. */
const FIRST = 30_000;
const LONGEST = 600_000;
/** Instances that are remembered. */
const MOST = 2_000;

interface Standing {
  record: InstanceRecord;
  /** Drains that count, and how long the last one was, in ms. */
  strikes: number;
  lastedMs: number;
  /** When it is forgiven one of them; while it is drained, when that ends. */
  until: number;
  drained: boolean;
}

/**
 * Takes instances that are far slower than their peers, or fail far more often, out of the way: new work goes elsewhere.
 * For 30 s, twice as long each time it happens again, up to ten minutes; for each time as long as the last drain that
 * passes without one, one is forgotten. Never more than half of a unit's instances, those counted that are avoided
 * already: what is left must be able to carry the work. After Envoy's outlier detection (`base_ejection_time`,
 * `max_ejection_time`, `max_ejection_percent`), which doubles nothing but multiplies by the number of ejections.
 */
export class Outliers extends ControlLoop {
  readonly name = 'outliers';
  private standings = new Map<string, Standing>();

  constructor(
    private readonly leverWriter: LeverWriter,
    private readonly levers: Levers,
    private readonly clock: Clock,
  ) {
    super();
  }

  tick({ vitals }: Sight): void {
    const now = this.clock.elapsed();
    const circuits = new Map(vitals.circuits().map(circuit => [circuit.instance, circuit]));
    const units = new Map<string, Standing[]>();
    const standings = new Map<string, Standing>();
    for (const one of vitals.instances()) {
      if (standings.size >= MOST) break;
      const standing = this.standings.get(one.instance) ?? fresh(new InstanceRecord(one, now));
      standings.set(one.instance, standing);
      this.standing(standing, now);
      if (this.standings.has(one.instance)) standing.record.take(one, now, !standing.drained);
      const group = units.get(one.unit);
      if (group) group.push(standing);
      else units.set(one.unit, [standing]);
    }
    this.standings = standings;
    for (const group of units.values()) if (group.length > 1) this.compare(group, circuits, now);
  }

  /** Whether its drain is over, and what is forgotten. */
  private standing(standing: Standing, now: number): void {
    const { record, drained } = standing;
    const held = this.leverWriter.setting('s3', 'drained', record.vitals.instance) !== undefined;
    if (drained && !held) {
      standing.drained = false;
      standing.until = now + standing.lastedMs;
      record.forgive(now);
    } else if (!drained && standing.strikes > 0 && now >= standing.until) {
      standing.strikes--;
      standing.until = now + standing.lastedMs;
    }
  }

  private compare(group: readonly Standing[], circuits: ReadonlyMap<string, CircuitVitals>, now: number): void {
    const avoided = (standing: Standing): boolean => this.isAvoided(standing, circuits);
    const most = Math.floor(group.length / 2);
    let count = group.filter(avoided).length;
    if (count > most) count -= this.takeBack(group, count - most);
    const inService = group.filter(standing => !avoided(standing));
    const peers = new Peers(
      inService.map(({ record }) => record),
      now,
    );
    const verdicts = inService
      .map(standing => ({ standing, verdict: judge(standing.record, peers, now) }))
      .filter((one): one is { standing: Standing; verdict: Verdict } => one.verdict !== undefined)
      .sort((a, b) => b.verdict.badness - a.verdict.badness);
    for (const { standing, verdict } of verdicts.slice(0, Math.max(0, most - count)))
      this.drain(standing, verdict.why, now);
  }

  private isAvoided({ record }: Standing, circuits: ReadonlyMap<string, CircuitVitals>): boolean {
    const { instance } = record.vitals;
    const circuit = circuits.get(instance);
    const forced = this.levers.now.circuit.get(instance);
    if (isAvoided(this.levers.now, instance) || circuit?.out || forced === 'open') return true;
    return circuit?.state === 'open' && forced !== 'closed';
  }

  /** Others are worse off meanwhile: those drained longest ago are needed. @returns how many there were */
  private takeBack(group: readonly Standing[], tooMany: number): number {
    const drained = group.filter(standing => standing.drained).sort((a, b) => a.until - b.until);
    for (const { record } of drained.slice(0, tooMany)) {
      const why = `more than half of the ${group.length} instances of ${record.vitals.unit} are out of the way`;
      this.leverWriter.release('s3', 'drained', record.vitals.instance, why);
    }
    return Math.min(tooMany, drained.length);
  }

  private drain(standing: Standing, why: string, now: number): void {
    const forMs = Math.min(LONGEST, FIRST * 2 ** standing.strikes);
    // Beyond the longest drain another strike would only be one more to be forgotten.
    if (forMs < LONGEST) standing.strikes++;
    standing.lastedMs = forMs;
    standing.until = now + forMs;
    standing.drained = true;
    const { instance } = standing.record.vitals;
    this.leverWriter.set('s3', 'drained', instance, true, `${instance}: ${why}; drained for ${forMs / 1_000} s`, forMs);
  }
}

function fresh(record: InstanceRecord): Standing {
  return { record, strikes: 0, lastedMs: 0, until: 0, drained: false };
}
