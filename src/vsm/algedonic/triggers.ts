import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { Clock } from '../../kernel/clock.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { FoldedSignals } from './signals.js';

/** Defects of the gateway's own within so many ms that hurt; one alone is logged. */
const FAULTS = { within: 60_000, count: 3 };
/** Milliseconds after which a discrepancy that no audit finds again is over: a few audits. */
const AUDITED = 120_000;
/** What can go out of service while it hurts. */
const INSTANCE_PAINS = new Set(['instance', 'circuit', 'pool']);

/**
 * Which facts hurt, how much, and which end it. One instance of several is moderate; when nothing is left to do a unit's
 * work, or clients wait because a pool is exhausted, it is critical.
 */
export class Triggers {
  /** When the gateway's own defects were seen (`Clock.elapsed()`), the newest last. */
  private faults: number[] = [];
  private readonly ends: (() => void)[] = [];
  private vitals: Vitals | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly signals: FoldedSignals,
    private readonly clock: Clock,
  ) {}

  start(vitals: Vitals): void {
    this.vitals = vitals;
    const { bus, signals } = this;
    this.ends.push(
      bus.on('instance_out', fact => this.instanceOut(fact)),
      bus.on('instance_back', ({ instance }) => signals.eased('instance', instance, `${instance} works again.`)),
      bus.on('pool_exhausted', fact => this.poolExhausted(fact)),
      bus.on('pool_relieved', ({ instance }) => signals.eased('pool', instance, `${instance} has leases again.`)),
      bus.on('circuit_changed', fact => this.circuitChanged(fact)),
      bus.on('transport_circuit_changed', fact => this.transportChanged(fact)),
      bus.on('internal_fault', () => this.fault()),
      bus.on('policy_rejected', fact => this.policyRejected(fact)),
      bus.on('policy_update', () => this.policyTaken()),
      bus.on('audit_discrepancy', fact => this.discrepancy(fact)),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  /** What is not in service any more hurts nobody. */
  tick(): void {
    const open = this.signals.open().filter(({ source }) => INSTANCE_PAINS.has(source));
    if (open.length === 0) return;
    const inService = new Set(this.vitals!.circuits().map(({ instance }) => instance));
    for (const { source, of } of open)
      if (!inService.has(of)) this.signals.eased(source, of, `${of} is not in service any more.`);
  }

  private instanceOut({ unit, instance, failures }: EventMap['instance_out']): void {
    const severity = this.severity(unit, instance);
    this.signals.felt({
      ...{ severity, source: 'instance', of: instance, suggested_action: 'check_instance' },
      message: `${instance} failed ${failures} times in a row and is out of service.`,
      context: { unit, consecutive_failures: failures },
    });
  }

  private poolExhausted({ unit, instance, inUse, waiting, size, overflow }: EventMap['pool_exhausted']): void {
    const current_capacity = size + overflow;
    this.signals.felt({
      ...{ severity: 'critical', source: 'pool', of: instance, suggested_action: 'increase_pool_size' },
      message: `The pool of ${instance} is exhausted: ${inUse} of ${current_capacity} leases are in use, ${waiting} wait.`,
      context: {
        unit,
        current_capacity,
        pool_size: size,
        overflow_used: Math.max(0, inUse - size),
        in_use: inUse,
        waiting,
      },
    });
  }

  private circuitChanged({ unit, instance, state }: EventMap['circuit_changed']): void {
    if (state === 'closed') this.signals.eased('circuit', instance, `The circuit of ${instance} is closed again.`);
    if (state !== 'open') return;
    const severity = this.severity(unit, instance);
    this.signals.felt({
      ...{ severity, source: 'circuit', of: instance, suggested_action: 'check_instance' },
      message: `The circuit of ${instance} is open: most of what was tried there failed.`,
      context: { unit },
    });
  }

  private transportChanged({ transport, state }: EventMap['transport_circuit_changed']): void {
    if (state === 'closed') this.signals.eased('transport', transport, `${transport} connections last again.`);
    if (state !== 'open') return;
    this.signals.felt({
      ...{ severity: 'critical', source: 'transport', of: transport, suggested_action: 'check_network_path' },
      message: `The circuit of ${transport} is open: connections of most clients break.`,
      context: { transport },
    });
  }

  private fault(): void {
    const now = this.clock.elapsed();
    this.faults = [...this.faults.filter(at => now - at < FAULTS.within).slice(-FAULTS.count), now];
    if (this.faults.length < FAULTS.count) return;
    this.signals.felt({
      ...{ severity: 'critical', source: 'gateway', of: '', suggested_action: 'report_defect', fades: FAULTS.within },
      message: `The gateway has met defects of its own; its log says which.`,
      context: { within_ms: FAULTS.within, at_least: FAULTS.count },
    });
  }

  private policyRejected({ source, why }: EventMap['policy_rejected']): void {
    this.signals.felt({
      ...{ severity: 'moderate', source: 'policy', of: source, suggested_action: 'correct_policy' },
      message: `A policy is not in order, and the one before it holds: ${why.slice(0, 500)}`,
      context: {},
    });
  }

  private policyTaken(): void {
    for (const { source, of } of this.signals.open())
      if (source === 'policy') this.signals.eased(source, of, 'A policy was taken.');
  }

  private discrepancy({ what, of, booked, found }: EventMap['audit_discrepancy']): void {
    this.signals.felt({
      ...{ severity: 'moderate', source: 'audit', of: `${what} ${of}`, suggested_action: 'compare_books' },
      message: `An audit found ${found} ${what} of ${of}, where ${booked} should be.`,
      context: { booked, found },
      fades: AUDITED,
    });
  }

  /** Critical where no other instance can do the unit's work. */
  private severity(unit: string, instance: string): 'moderate' | 'critical' {
    const others = this.vitals!.circuits().some(
      one => one.unit === unit && one.instance !== instance && !one.out && one.state !== 'open',
    );
    return others ? 'moderate' : 'critical';
  }
}
