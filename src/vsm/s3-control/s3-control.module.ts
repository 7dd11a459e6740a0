import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { LocalAdmission } from '../../resilience/local-admission.js';
import { ResilienceModule } from '../../resilience/resilience.module.js';
import { Audits } from './audits.js';
import { Concurrency } from './concurrency.js';
import { Connections } from './connections.js';
import { ControlAdmission } from './control-admission.js';
import { CircuitRequests } from './circuit-requests.js';
import { Handshakes } from './handshakes.js';
import { LocalHostStats, HostStats } from './host-stats.js';
import { Outliers } from './outliers.js';
import { PoolSizes } from './pool-sizes.js';
import { Rates } from './rates.js';
import { LeverRequests } from './lever-requests.js';
import { S3Control } from './s3-control.js';

/** S3: uses what there is as well as it can be used, here and now. */
@Module({
  imports: [ResilienceModule],
  providers: [
    {
      provide: ControlAdmission,
      useFactory: (local: LocalAdmission, levers: Levers) => new ControlAdmission(local, levers),
      inject: [LocalAdmission, Levers],
    },
    {
      provide: HostStats,
      useFactory: (clock: Clock, { value }: Config) => new LocalHostStats(clock, value.regulation.interval),
      inject: [Clock, Config],
    },
    {
      provide: LeverRequests,
      useFactory: (bus: EventBus, clock: Clock) => new LeverRequests(bus, clock),
      inject: [EventBus, Clock],
    },
    {
      provide: Outliers,
      useFactory: (leverWriter: LeverWriter, levers: Levers, clock: Clock) => new Outliers(leverWriter, levers, clock),
      inject: [LeverWriter, Levers, Clock],
    },
    {
      provide: Concurrency,
      useFactory: (leverWriter: LeverWriter, levers: Levers, clock: Clock, { value }: Config) =>
        new Concurrency(leverWriter, levers, clock, value.limits.calls_per_unit),
      inject: [LeverWriter, Levers, Clock, Config],
    },
    {
      provide: Rates,
      useFactory: (
        bus: EventBus,
        leverWriter: LeverWriter,
        clock: Clock,
        notes: LeverRequests,
        activity: ClientActivities,
        { value: { limits } }: Config,
      ) => new Rates(bus, leverWriter, clock, notes, activity, limits.messages_refill),
      inject: [EventBus, LeverWriter, Clock, LeverRequests, ClientActivities, Config],
    },
    {
      provide: CircuitRequests,
      useFactory: (bus: EventBus, leverWriter: LeverWriter, notes: LeverRequests) =>
        new CircuitRequests(bus, leverWriter, notes),
      inject: [EventBus, LeverWriter, LeverRequests],
    },
    {
      provide: PoolSizes,
      useFactory: (leverWriter: LeverWriter, levers: Levers, clock: Clock, machine: HostStats) =>
        new PoolSizes(leverWriter, levers, clock, machine),
      inject: [LeverWriter, Levers, Clock, HostStats],
    },
    {
      provide: Connections,
      useFactory: (
        leverWriter: LeverWriter,
        bus: EventBus,
        counters: Counters,
        machine: HostStats,
        clock: Clock,
        notes: LeverRequests,
        { value: { sse, websocket } }: Config,
      ) =>
        new Connections({ bus, counters, machine, clock, notes }, leverWriter, {
          http_sse: sse.max_connections,
          websocket: websocket.max_connections,
        }),
      inject: [LeverWriter, EventBus, Counters, HostStats, Clock, LeverRequests, Config],
    },
    {
      provide: Handshakes,
      useFactory: (
        leverWriter: LeverWriter,
        activity: ClientActivities,
        machine: HostStats,
        clock: Clock,
        bus: EventBus,
      ) => new Handshakes(leverWriter, activity, machine, clock, bus),
      inject: [LeverWriter, ClientActivities, HostStats, Clock, EventBus],
    },
    {
      provide: Audits,
      useFactory: (bus: EventBus, clock: Clock, log: Log, { value }: Config) =>
        new Audits(bus, clock, log, value.regulation.audit_interval),
      inject: [EventBus, Clock, Log, Config],
    },
    {
      provide: S3Control,
      useFactory: (
        machine: HostStats,
        log: Log,
        { value }: Config,
        ...controls: [Outliers, Concurrency, Rates, CircuitRequests, PoolSizes, Connections, Handshakes, Audits]
      ) => new S3Control(controls, machine, log, value.regulation.interval),
      inject: [
        ...[HostStats, Log, Config],
        ...[Outliers, Concurrency, Rates, CircuitRequests, PoolSizes, Connections, Handshakes, Audits],
      ],
    },
  ],
  exports: [S3Control, ControlAdmission],
})
export class S3ControlModule {}
