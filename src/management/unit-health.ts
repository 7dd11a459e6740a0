import { Vitals } from '../kernel/ports/vitals.js';

/** One unit as people see it. */
export interface UnitHealth {
  state: 'ok' | 'degraded';
  reasons: string[];
}

/** Every unit, and why it is not well. */
export function unitHealth(vitals: Vitals): Record<string, UnitHealth> {
  const units: Record<string, UnitHealth> = {};
  const of = (unit: string): UnitHealth => (units[unit] ??= { state: 'ok', reasons: [] });
  for (const { unit, instance, state, out } of vitals.circuits()) {
    of(unit);
    if (out) degrade(of(unit), `${instance} is out of service after repeated failures`);
    if (state !== 'closed') degrade(of(unit), `the circuit of ${instance} is ${state}`);
  }
  for (const { unit, instance, inUse, limit, waiting } of vitals.pools()) {
    if (waiting > 0) degrade(of(unit), `${waiting} wait for a lease of ${instance}`);
    else if (inUse >= limit) degrade(of(unit), `all ${limit} leases of ${instance} are in use`);
  }
  return units;
}

function degrade(unit: UnitHealth, reason: string): void {
  unit.state = 'degraded';
  unit.reasons.push(reason);
}
