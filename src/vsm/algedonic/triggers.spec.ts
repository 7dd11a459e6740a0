import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { Pain, Pleasure } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { CircuitVitals, Vitals } from '../../kernel/ports/vitals.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { Pressure } from './pressure.js';
import { FoldedSignals } from './signals.js';
import { Triggers } from './triggers.js';

const circuit = (instance: string): CircuitVitals => ({
  ...{ unit: 'u', instance, state: 'closed', out: false, isolated: false },
});

describe('what hurts', () => {
  const clock = new HeldClock();
  let bus: EventBus;
  let signals: FoldedSignals;
  let triggers: Triggers;
  let circuits: CircuitVitals[];
  let pains: Pain[];
  let pleasures: Pleasure[];

  beforeEach(() => {
    clock.ms = 0;
    bus = new EventBus(new EventEmitter2(), silentLog);
    circuits = [circuit('u1'), circuit('u2')];
    pains = [];
    pleasures = [];
    bus.on('pain', pain => pains.push(pain));
    bus.on('pleasure', pleasure => pleasures.push(pleasure));
    signals = new FoldedSignals(bus, clock, new Counters());
    triggers = new Triggers(bus, signals, clock);
    triggers.start({ circuits: () => circuits } as unknown as Vitals);
  });

  const pass = (ms: number): void => {
    for (const end = clock.ms + ms; clock.ms < end;) {
      clock.ms += 500;
      triggers.tick();
      signals.tick();
    }
  };
  const out = (): void => bus.emit('instance_out', { unit: 'u', instance: 'u1', failures: 3 });

  it('an instance that failed three times, moderately while another works, until it is back', () => {
    out();
    expect(pains[0]).toMatchObject({ severity: 'moderate', source: 'instance', of: 'u1' });
    expect(pains[0]!.context).toEqual({ unit: 'u', consecutive_failures: 3 });
    bus.emit('instance_back', { unit: 'u', instance: 'u1', outMs: 1_000 });
    pass(5_500);
    expect(pleasures[0]).toMatchObject({ id: pains[0]!.id, source: 'instance', recovery_time_ms: 0 });
  });

  it.each([
    ['it is the only one', [circuit('u1')]],
    ['the other is out', [circuit('u1'), { ...circuit('u2'), out: true }]],
    ["the other's circuit is open", [circuit('u1'), { ...circuit('u2'), state: 'open' as const }]],
  ])('critically where %s', (_what, given) => {
    circuits = given;
    out();
    expect(pains[0]!.severity).toBe('critical');
  });

  it('an exhausted pool, with what there is and what to do', () => {
    bus.emit('pool_exhausted', { unit: 'u', instance: 'u1', inUse: 15, waiting: 4, size: 10, overflow: 5 });
    expect(pains[0]).toMatchObject({
      ...{ severity: 'critical', source: 'pool', of: 'u1', suggested_action: 'increase_pool_size' },
      message: 'The pool of u1 is exhausted: 15 of 15 leases are in use, 4 wait.',
      context: { unit: 'u', current_capacity: 15, pool_size: 10, overflow_used: 5, in_use: 15, waiting: 4 },
    });
    bus.emit('pool_relieved', { unit: 'u', instance: 'u1', inUse: 12, exhaustedMs: 1_000 });
    pass(5_500);
    expect(pleasures[0]!.id).toBe(pains[0]!.id);
  });

  it('open circuits, also while they are tried, until they are closed', () => {
    bus.emit('circuit_changed', { unit: 'u', instance: 'u1', state: 'open' });
    bus.emit('transport_circuit_changed', { transport: 'websocket', state: 'open' });
    bus.emit('circuit_changed', { unit: 'u', instance: 'u1', state: 'half_open' });
    pass(10_000);
    expect(pains.map(({ source, of, severity }) => [source, of, severity])).toEqual([
      ['circuit', 'u1', 'moderate'],
      ['transport', 'websocket', 'critical'],
    ]);
    expect(pleasures).toEqual([]);
    bus.emit('circuit_changed', { unit: 'u', instance: 'u1', state: 'closed' });
    bus.emit('transport_circuit_changed', { transport: 'websocket', state: 'closed' });
    pass(5_500);
    expect(pleasures.map(({ source }) => source)).toEqual(['circuit', 'transport']);
  });

  it('three defects within a minute, not one each minute', () => {
    const fault = (): void => bus.emit('internal_fault', { where: 'here', err: new Error('secret') });
    for (let i = 0; i < 10; i++) {
      fault();
      pass(31_000);
    }
    expect(pains).toEqual([]);
    for (let i = 0; i < 3; i++) fault();
    expect(pains).toHaveLength(1);
    expect(JSON.stringify(pains)).not.toContain('secret');
    pass(66_000);
    expect(pleasures).toHaveLength(1);
  });

  it('a policy that is not in order, until one is taken', () => {
    bus.emit('policy_rejected', { source: 'policy.yaml', why: 'x'.repeat(10_000) });
    expect(pains[0]).toMatchObject({ severity: 'moderate', source: 'policy', of: 'policy.yaml' });
    expect(pains[0]!.message.length).toBeLessThan(600);
    bus.emit('policy_update', { scope: 'gateway', version: 2, constraints: {}, why: 'changed' });
    pass(5_500);
    expect(pleasures).toHaveLength(1);
  });

  it('books that differ, until no audit finds it any more', () => {
    bus.emit('audit_discrepancy', { what: 'leases', of: 'u1', booked: 3, found: 4 });
    expect(pains[0]).toMatchObject({ severity: 'moderate', source: 'audit', context: { booked: 3, found: 4 } });
    pass(126_000);
    expect(pleasures).toHaveLength(1);
  });

  it('no instance that is not in service any more', () => {
    out();
    circuits = [circuit('u2')];
    pass(6_000);
    expect(pleasures[0]).toMatchObject({ id: pains[0]!.id, message: 'u1 is not in service any more.' });
  });

  it('nothing after the end', () => {
    triggers.stop();
    out();
    expect(pains).toEqual([]);
  });

  it('memory that is nearly used up, once, until there is room again', () => {
    const budget = { used: 94, limit: 100 };
    const heap = { used_heap_size: 0, heap_size_limit: 100 };
    const pressure = new Pressure(signals, budget, () => heap);
    pressure.tick();
    expect(pains).toEqual([]);
    budget.used = 95;
    for (let i = 0; i < 100; i++) {
      pressure.tick();
      pass(1_000);
    }
    expect(pains).toHaveLength(1);
    expect(pains[0]).toMatchObject({ severity: 'critical', source: 'memory', of: 'buffers', count: 1 });
    budget.used = 91;
    pressure.tick();
    pass(10_000);
    expect(pleasures).toEqual([]);
    budget.used = 89;
    pressure.tick();
    pass(5_500);
    expect(pleasures).toHaveLength(1);
  });
});
