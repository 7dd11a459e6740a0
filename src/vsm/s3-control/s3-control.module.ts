import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { Activity } from '../../telemetry/client-activity.js';
import { Bus } from '../../telemetry/event-bus.js';
import { Tally } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { LeverDesk, Levers } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { LocalAdmission } from '../../resilience/local-admission.js';
import { ResilienceModule } from '../../resilience/resilience.module.js';
import { Audits } from './audits.js';
import { Concurrency } from './concurrency.js';
import { Connections } from './connections.js';
import { ControlAdmission } from './control-admission.js';
import { CircuitRequests } from './circuit-requests.js';
import { Handshakes } from './handshakes.js';
import { LocalMachine, Machine } from './host-stats.js';
import { Outliers } from './outliers.js';
import { PoolSizes } from './pool-sizes.js';
import { Rates } from './rates.js';
import { Notes } from './lever-requests.js';
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
      provide: Machine,
      useFactory: (clock: Clock, { value }: Config) => new LocalMachine(clock, value.regulation.interval),
      inject: [Clock, Config],
    },
    { provide: Notes, useFactory: (bus: Bus, clock: Clock) => new Notes(bus, clock), inject: [Bus, Clock] },
    {
      provide: Outliers,
      useFactory: (desk: LeverDesk, levers: Levers, clock: Clock) => new Outliers(desk, levers, clock),
      inject: [LeverDesk, Levers, Clock],
    },
    {
      provide: Concurrency,
      useFactory: (desk: LeverDesk, levers: Levers, clock: Clock, { value }: Config) =>
        new Concurrency(desk, levers, clock, value.limits.calls_per_unit),
      inject: [LeverDesk, Levers, Clock, Config],
    },
    {
      provide: Rates,
      useFactory: (
        bus: Bus,
        desk: LeverDesk,
        clock: Clock,
        notes: Notes,
        activity: Activity,
        { value: { limits } }: Config,
      ) => new Rates(bus, desk, clock, notes, activity, limits.messages_refill),
      inject: [Bus, LeverDesk, Clock, Notes, Activity, Config],
    },
    {
      provide: CircuitRequests,
      useFactory: (bus: Bus, desk: LeverDesk, notes: Notes) => new CircuitRequests(bus, desk, notes),
      inject: [Bus, LeverDesk, Notes],
    },
    {
      provide: PoolSizes,
      useFactory: (desk: LeverDesk, levers: Levers, clock: Clock, machine: Machine) =>
        new PoolSizes(desk, levers, clock, machine),
      inject: [LeverDesk, Levers, Clock, Machine],
    },
    {
      provide: Connections,
      useFactory: (
        desk: LeverDesk,
        bus: Bus,
        tally: Tally,
        machine: Machine,
        clock: Clock,
        notes: Notes,
        { value: { sse, websocket } }: Config,
      ) =>
        new Connections({ bus, tally, machine, clock, notes }, desk, {
          http_sse: sse.max_connections,
          websocket: websocket.max_connections,
        }),
      inject: [LeverDesk, Bus, Tally, Machine, Clock, Notes, Config],
    },
    {
      provide: Handshakes,
      useFactory: (desk: LeverDesk, activity: Activity, machine: Machine, clock: Clock, bus: Bus) =>
        new Handshakes(desk, activity, machine, clock, bus),
      inject: [LeverDesk, Activity, Machine, Clock, Bus],
    },
    {
      provide: Audits,
      useFactory: (bus: Bus, clock: Clock, log: Log, { value }: Config) =>
        new Audits(bus, clock, log, value.regulation.audit_interval),
      inject: [Bus, Clock, Log, Config],
    },
    {
      provide: S3Control,
      useFactory: (
        machine: Machine,
        log: Log,
        { value }: Config,
        ...controls: [Outliers, Concurrency, Rates, CircuitRequests, PoolSizes, Connections, Handshakes, Audits]
      ) => new S3Control(controls, machine, log, value.regulation.interval),
      inject: [
        ...[Machine, Log, Config],
        ...[Outliers, Concurrency, Rates, CircuitRequests, PoolSizes, Connections, Handshakes, Audits],
      ],
    },
  ],
  exports: [S3Control, ControlAdmission],
})
export class S3ControlModule {}
