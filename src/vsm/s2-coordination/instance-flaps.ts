import { ErrorCode } from '../../kernel/errors.js';
import { Levers } from '../../kernel/ports/levers.js';
import { CircuitVitals, InstanceVitals, Vitals } from '../../kernel/ports/vitals.js';
import { DampedLever, Tools } from './damped-lever.js';
import { DampingSettings } from './damping.js';

/**
 * The third flip suppresses, for a minute. What flips less often than each 30 s (the half-life) is never suppressed: two
 * flips' worth is what that adds up to. The half-life is longer than it takes health checks to bring back what is out, so
 * that flips which only show when they have done so still add up.
 */
export const INSTANCE_DAMPING: DampingSettings = {
  penalty: 1_000,
  suppress: 2_000,
  reuse: 750,
  halfLife: 30_000,
  longest: 60_000,
  pause: 900,
};

/** Nobody was there. What a unit answers with is no sign of that, nor is a session that it has forgotten. */
const GONE = new Set<ErrorCode>(['unit_unavailable', 'unit_timeout', 'outcome_unknown']);

/**
 * Suppresses instances that fail and come back again and again (RFC 2439's route flap). A flip is the first sign that an
 * instance is gone after a sign that it is there; however many calls and sessions notice, it is one. That it takes three
 * failures in a row until an instance is out is too coarse for one that comes back each second.
 */
export class InstanceFlaps {
  private readonly lever: DampedLever;
  /** Instances that seem to be gone, and how much they had answered when that was first looked at. */
  private readonly gone = new Map<string, number | undefined>();
  private readonly ends: (() => void)[] = [];
  private vitals: Vitals | undefined;

  constructor(
    private readonly tools: Tools,
    private readonly levers: Levers,
  ) {
    this.lever = new DampedLever('suppressed', INSTANCE_DAMPING, tools);
  }

  start(vitals: Vitals): void {
    this.vitals = vitals;
    const { bus } = this.tools;
    this.ends.push(
      bus.on('link_opened', ({ instance }) => this.gone.delete(instance)),
      bus.on('instance_back', ({ instance }) => this.gone.delete(instance)),
      bus.on('instance_out', ({ instance }) => this.isGone(instance)),
      bus.on('circuit_changed', ({ instance, state }) => {
        if (state === 'open') this.isGone(instance);
        else if (state === 'closed') this.gone.delete(instance);
      }),
      bus.on('link_lost', ({ instance, error }) => GONE.has(error) && this.lostLink(instance)),
      bus.on('link_failed', ({ instance, error }) => GONE.has(error) && this.lostLink(instance)),
      bus.on('call_failed', ({ instance, error }) => error === 'unit_unavailable' && this.lostLink(instance)),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
    this.lever.releaseAll('S2 has stopped.');
  }

  tick(): void {
    if (this.gone.size === 0 && !this.lever.busy) return;
    const instances = this.vitals!.instances();
    for (const { instance, answered } of instances) this.listen(instance, answered);
    this.lever.damping.advance(this.tools.clock.elapsed());
    this.reconcile(instances);
  }

  /** Where each session has a process of its own, the end of one says nothing of the others. */
  private lostLink(instance: string): void {
    if (this.gone.has(instance)) return;
    const { isolated } = this.vitals!.circuits().find(one => one.instance === instance) ?? { isolated: true };
    if (!isolated) this.isGone(instance);
  }

  private isGone(instance: string): void {
    if (this.gone.has(instance)) return;
    this.gone.set(instance, undefined);
    const { damping } = this.lever;
    if (!damping.flip(instance, this.tools.clock.elapsed())) return;
    if (damping.isSuppressed(instance)) this.reconcile(this.vitals!.instances());
  }

  /** Who answers is there. What was on its way at the first look after it seemed gone does not count. */
  private listen(instance: string, answered: number): void {
    if (!this.gone.has(instance)) return;
    const before = this.gone.get(instance);
    if (before === undefined) this.gone.set(instance, answered);
    else if (answered > before) this.gone.delete(instance);
  }

  private reconcile(instances: readonly InstanceVitals[]): void {
    const { damping } = this.lever;
    const unitOf = new Map(instances.map(({ instance, unit }) => [instance, unit]));
    for (const instance of this.gone.keys()) if (!unitOf.has(instance)) this.gone.delete(instance);
    const wanted = new Set<string>();
    const suppressed = damping.suppressed(this.tools.clock.elapsed());
    const left = suppressed.length > 0 ? this.usable(unitOf) : new Map<string, Set<string>>();
    for (const instance of suppressed) {
      const unit = unitOf.get(instance);
      if (unit === undefined) damping.forget(instance);
      else if (others(left.get(unit), instance)) {
        left.get(unit)!.delete(instance);
        wanted.add(instance);
      }
    }
    this.lever.apply(wanted);
  }

  /** Of each unit, the instances in service that can do work. */
  private usable(unitOf: ReadonlyMap<string, string>): Map<string, Set<string>> {
    const { drained, circuit } = this.levers.now;
    const usable = new Map<string, Set<string>>();
    const works = ({ instance, state, out }: CircuitVitals): boolean =>
      !out && !drained.has(instance) && (circuit.get(instance) ?? state) !== 'open';
    for (const one of this.vitals!.circuits()) {
      if (!works(one) || unitOf.get(one.instance) !== one.unit) continue;
      const ofUnit = usable.get(one.unit) ?? new Set();
      usable.set(one.unit, ofUnit.add(one.instance));
    }
    return usable;
  }
}

function others(usable: ReadonlySet<string> | undefined, instance: string): boolean {
  return usable !== undefined && usable.size > Number(usable.has(instance));
}
