import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Instance } from '../../kernel/ports/unit.js';
import {
  CircuitVitals,
  InstanceVitals,
  Load,
  Placement,
  PoolVitals,
  UnitVitals,
  Vitals,
} from '../../kernel/ports/vitals.js';
import { Way } from '../../mcp/upstream/connector.js';
import { McpServer } from '../../mcp/mcp-server.js';
import { OWN } from '../../mcp/upstream/call.js';
import { UpstreamSessions } from '../../mcp/upstream/upstream-sessions.js';
import { CallQueues } from '../../mcp/upstream/call-queues.js';
import { UnitStats } from '../../mcp/upstream/unit-stats.js';

export class OperationsVitals extends Vitals {
  constructor(
    private readonly intake: McpServer,
    private readonly way: Way,
    private readonly upstreams: UpstreamSessions,
    private readonly work: { state: UnitStats; queues: CallQueues },
    private readonly clock: Clock,
    private readonly counters: Counters,
  ) {
    super();
  }

  get draining(): boolean {
    return this.intake.isDraining;
  }

  load(): Load {
    return this.intake.load();
  }

  pools(): PoolVitals[] {
    return this.way.pools.all().map(({ instance, parked, leases, waiting, size, overflow, limit, checkouts }) => ({
      unit: instance.unit,
      instance: instance.id,
      inUse: leases - parked,
      parked,
      leases,
      waiting,
      size,
      overflow,
      limit,
      checkouts: checkouts.count,
      checkoutMs: checkouts.ms,
      recentCheckoutMs: checkouts.recentMs,
    }));
  }

  circuits(): CircuitVitals[] {
    return this.way.pools.all().map(({ instance }) => ({
      unit: instance.unit,
      instance: instance.id,
      state: this.way.circuits.state(instance),
      forced: this.way.circuits.forced(instance),
      out: this.way.health.isOut(instance),
      isolated: instance.isolated,
    }));
  }

  instances(): InstanceVitals[] {
    const flights = new Map<Instance, { count: number; asking: number; oldest: number }>();
    for (const { lease, instance, calls } of this.upstreams.allLinks()) {
      if (!lease) continue;
      const flight = flights.get(instance) ?? { count: 0, asking: 0, oldest: Infinity };
      flights.set(instance, flight);
      for (const { scope, context } of calls.values()) {
        if (scope === OWN) continue;
        flight.count++;
        if (context.asked) flight.asking++;
        flight.oldest = Math.min(flight.oldest, context.startedAt);
      }
    }
    return this.way.router.units
      .flatMap(({ instances }) => instances)
      .map(instance => {
        const { count: inFlight, asking, oldest } = flights.get(instance) ?? { count: 0, asking: 0, oldest: Infinity };
        const { answered, busyMs, compared, comparedMs, unloadedMs, failed, unopened } = this.work.state.work(instance);
        const work = { answered, busyMs, compared, comparedMs, unloadedMs, failed, unopened };
        const oldestMs = inFlight === 0 ? 0 : Math.max(0, this.clock.elapsed() - oldest);
        return { unit: instance.unit, instance: instance.id, inFlight, oldestMs, asking, ...work };
      });
  }

  placements(): Placement[] {
    const upstreams = new Map<Instance, number>();
    for (const { lease, instance } of this.upstreams.allLinks())
      if (lease) upstreams.set(instance, (upstreams.get(instance) ?? 0) + 1);
    return this.way.router.units.map(({ name: unit, balance, instances }) => ({
      unit,
      balance,
      nodes: instances.map(instance => ({
        instance: instance.id,
        weight: instance.weight,
        points: this.way.router.points(unit, instance.id),
        upstreams: upstreams.get(instance) ?? 0,
        out: this.way.health.isOut(instance),
      })),
    }));
  }

  units(): UnitVitals[] {
    const now = this.clock.elapsed();
    return this.way.router.units.map(unit => {
      const { count: inFlight, waiting, oldestWait: oldestWaitMs, shed } = this.work.queues.of(unit);
      const variety = this.work.state.variety(unit).read(now);
      const ownP99Ms = this.counters.own.p99(unit.name);
      return { unit: unit.name, inFlight, waiting, oldestWaitMs, shed, ...variety, ownP99Ms };
    });
  }
}
