import { Clock } from '../../kernel/clock.js';
import { isAvoided, LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { InstanceVitals, UnitVitals } from '../../kernel/ports/vitals.js';
import { ControlLoop } from './control-loop.js';
import { Gradient, LEAST } from './gradient.js';
import { Throughput } from './throughput.js';

/** Changes that are not worth a line in the audit trail. */
const SLIGHT = 0.05;

interface UnitState {
  throughput: Throughput;
  gradient: Gradient;
  /** Bounds this look, by settings and policy. */
  extra: number;
}

/**
 * Limits how many calls a unit has in flight while more would only wait there: they wait in the gateway, where they take
 * turns and can still be refused in time. Where nothing waits, there is no limit.
 */
export class Concurrency extends ControlLoop {
  readonly name = 'concurrency';
  private states = new Map<string, UnitState>();

  constructor(
    private readonly leverWriter: LeverWriter,
    private readonly levers: Levers,
    private readonly clock: Clock,
    /** Calls in flight that a unit may have anyway. */
    private readonly callsPerUnit: number,
  ) {
    super();
  }

  tick({ vitals }: Sight): void {
    const now = this.clock.elapsed();
    const groups = new Map<string, InstanceVitals[]>();
    for (const one of vitals.instances()) {
      const group = groups.get(one.unit);
      if (group) group.push(one);
      else groups.set(one.unit, [one]);
    }
    const states = new Map<string, UnitState>();
    for (const unit of vitals.units()) {
      const state = this.states.get(unit.unit) ?? {
        throughput: new Throughput(now),
        gradient: new Gradient(),
        extra: 0,
      };
      states.set(unit.unit, state);
      this.look(unit, groups.get(unit.unit) ?? [], state, now);
    }
    for (const name of this.states.keys())
      if (!states.has(name)) this.leverWriter.release('s3', 'concurrency', name, `${name} is no unit any more`);
    this.states = states;
  }

  /** What is avoided or waits for a client says nothing of the others: what is in flight there is let be, and comes on top. */
  private look({ unit, waiting }: UnitVitals, all: readonly InstanceVitals[], state: UnitState, now: number): void {
    const inService = all.filter(({ instance }) => !isAvoided(this.levers.now, instance));
    const judged = inService.length > 0 ? inService : all;
    const { throughput, gradient } = state;
    const inFlight = judged.reduce((sum, one) => sum + one.inFlight - one.asking, 0);
    state.extra = all.reduce((sum, one) => sum + one.inFlight, 0) - inFlight;
    if (gradient.look(inFlight, waiting, now)) throughput.restart(judged, now);
    const sample = throughput.take(judged, now);
    const { min = LEAST, max = Infinity } = this.leverWriter.boundsOf('concurrency');
    if (sample) gradient.take(sample, waiting, Math.max(LEAST, min), Math.min(this.callsPerUnit, max));
    const figures = sample
      ? `answers take ${sample.stretch.toFixed(1)} × the ${Math.round(sample.unloadedMs)} ms of such calls without load; ` +
        `${inFlight} in flight, ${waiting} waiting, ${Math.round(sample.perSecond)} answered per second`
      : `${inFlight} in flight, ${waiting} waiting`;
    this.move(unit, state, figures);
  }

  private move(unit: string, { gradient: { limit, calm }, extra }: UnitState, figures: string): void {
    const before = this.leverWriter.setting('s3', 'concurrency', unit)?.value;
    if (limit === undefined) {
      const why = `${unit} ${calm ? 'had room for 30 s' : 'did not answer sooner for it'}: ${figures}`;
      if (before !== undefined) this.leverWriter.release('s3', 'concurrency', unit, why);
      return;
    }
    const wanted = Math.min(this.callsPerUnit, limit + extra);
    if (before !== undefined && Math.abs(wanted - before) <= Math.max(0.5, SLIGHT * before)) return;
    this.leverWriter.set('s3', 'concurrency', unit, wanted, `${unit}: ${figures}`);
  }
}
