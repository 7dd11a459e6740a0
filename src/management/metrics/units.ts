import { Counters } from '../../telemetry/counters.js';
import { PoolVitals, UnitVitals, Vitals } from '../../kernel/ports/vitals.js';
import { counter, Family, gauge, Samples } from './family.js';
import { by } from './traffic.js';

const CIRCUIT_STATES = ['closed', 'half_open', 'open'] as const;
/** Prometheus calls the scraped target `instance`: a unit's instance is a backend there. */
const BACKEND = ['unit', 'backend'] as const;

/** What goes between the gateway and its units. */
export function units(vitals: Vitals, counters: Counters): Family[] {
  return [...pools(vitals), ...instances(vitals), ...wholes(vitals), ...mended(counters)];
}

function pools(vitals: Vitals): Family[] {
  const pool = (name: string, help: string, field: keyof PoolVitals): Family =>
    gauge(`gateway_pool_${name}`, help, BACKEND, () =>
      vitals.pools().map(each => [{ unit: each.unit, backend: each.instance }, Number(each[field])]),
    );
  return [
    pool('leases', 'Leases checked out.', 'leases'),
    pool('in_use', 'Leases with something in flight.', 'inUse'),
    pool('parked', 'Leases with nothing in flight.', 'parked'),
    pool('waiting', 'Sessions waiting for a lease.', 'waiting'),
    pool('limit', 'Leases there may be, overflow included.', 'limit'),
    counter('gateway_pool_checkouts_total', 'Leases given out.', BACKEND, () =>
      vitals.pools().map(({ unit, instance: backend, checkouts }) => [{ unit, backend }, checkouts]),
    ),
    counter('gateway_pool_checkout_seconds_total', 'Time until they were had, opening included.', BACKEND, () =>
      vitals.pools().map(({ unit, instance: backend, checkoutMs }) => [{ unit, backend }, checkoutMs / 1_000]),
    ),
  ];
}

function instances(vitals: Vitals): Family[] {
  const work = (read: 'answered' | 'failed' | 'inFlight') => (): Samples =>
    vitals.instances().map(each => [{ unit: each.unit, backend: each.instance }, each[read]]);
  return [
    gauge('gateway_circuit_state', '1 for the state a circuit is in.', [...BACKEND, 'state'], () =>
      vitals
        .circuits()
        .flatMap(({ unit, instance: backend, state }) =>
          CIRCUIT_STATES.map((name): [Record<string, string>, number] => [
            { unit, backend, state: name },
            Number(name === state),
          ]),
        ),
    ),
    gauge('gateway_instance_out', '1 for an instance that failed so often that others come first.', BACKEND, () =>
      vitals.circuits().map(({ unit, instance: backend, out }) => [{ unit, backend }, Number(out)]),
    ),
    gauge('gateway_instance_calls_in_flight', 'Calls of clients in flight at an instance.', BACKEND, work('inFlight')),
    counter('gateway_instance_answered_total', 'Calls that an instance has answered.', BACKEND, work('answered')),
    counter(
      'gateway_instance_failed_total',
      'Calls that broke off or came too late, links that failed, and attempts to open one that did.',
      BACKEND,
      () => vitals.instances().map(each => [{ unit: each.unit, backend: each.instance }, each.failed + each.unopened]),
    ),
  ];
}

function wholes(vitals: Vitals): Family[] {
  const of = (read: (unit: UnitVitals) => number) => (): Samples =>
    vitals.units().map(each => [{ unit: each.unit }, read(each)]);
  return [
    gauge(
      'gateway_unit_waiting',
      'Calls that wait until there are less in flight at a unit.',
      ['unit'],
      of(unit => unit.waiting),
    ),
    gauge(
      'gateway_unit_oldest_wait_seconds',
      'How long the longest of them has waited.',
      ['unit'],
      of(unit => unit.oldestWaitMs / 1_000),
    ),
    counter(
      'gateway_variety_shed_total',
      'Calls refused because too many wait at a unit, or waited for too long: variety that was shed.',
      ['unit'],
      of(unit => unit.shed),
    ),
    gauge(
      'gateway_variety_kinds',
      'Kinds of messages that a unit gets: methods, and tools by name; each minute a message counts half.',
      ['unit'],
      of(unit => unit.kinds),
    ),
    gauge(
      'gateway_variety_entropy',
      'Shannon entropy of those kinds, in bits.',
      ['unit'],
      of(unit => unit.entropyBits),
    ),
    gauge(
      'gateway_own_seconds',
      "99th percentile of the gateway's own time for a message there and back, of the newest measured.",
      ['unit'],
      of(unit => unit.ownP99Ms / 1_000),
    ),
  ];
}

function mended(counters: Counters): Family[] {
  return [
    counter('gateway_resent_calls_total', 'Calls sent again after a link or instance failed.', ['unit'], () =>
      by('unit', counters.resent),
    ),
    counter('gateway_stray_frames_total', 'Frames of units that match no call in flight.', ['unit'], () =>
      by('unit', counters.strayFrames),
    ),
  ];
}
