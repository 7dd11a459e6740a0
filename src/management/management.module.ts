import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { Config } from '../config/config.module.js';
import { Bus } from '../events/bus.js';
import { Reports } from '../events/intelligence.js';
import { Activity } from '../events/activity.js';
import { Signals } from '../events/signals.js';
import { Tally } from '../events/tally.js';
import { About } from '../kernel/about.js';
import { Budget } from '../kernel/budget.js';
import { ClientDirectory } from '../kernel/client-directory.js';
import { Governance } from '../kernel/governance.js';
import { LeverDesk, Levers } from '../kernel/levers.js';
import { Trail } from '../kernel/trail.js';
import { Log } from '../kernel/log.js';
import { DeliveryView, Vitals } from '../kernel/vitals.js';
import { AdminAccess } from './admin/admin.guard.js';
import { CircuitsController } from './admin/circuits.controller.js';
import { ClientHealth } from './admin/client-health.js';
import { OverviewController } from './admin/overview.controller.js';
import { Records } from './admin/records.js';
import { RemainderController } from './admin/remainder.controller.js';
import { Stats } from './admin/stats.js';
import { LeversController } from './admin/levers.controller.js';
import { ModeController } from './admin/mode.controller.js';
import { PolicyController } from './admin/policy.controller.js';
import { ErrorFilter } from './error.filter.js';
import { FactLog } from './fact-log.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { HealthController } from './health.controller.js';
import { Latest } from './latest.js';
import { EventCounts } from './metrics/event-counts.js';

/** Requests per minute and address to one route; probes and scrapes need a few dozen. */
const THROTTLE = { ttl: 60_000, limit: 3_000 };

/** Nobody may be there who feels. */
const FELT = { token: Signals, optional: true };
const NONE: Signals = { open: () => [], recent: () => [] };

/** The management listener: health, metrics, and the log of facts. */
@Module({})
export class ManagementModule {
  /** @param imports modules that provide `Vitals` and `Doors` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>, prometheus: boolean): DynamicModule {
    // prom-client's registry is the process's: a second gateway in it, as in tests, finds these there already.
    const processMetrics = register.getSingleMetric('process_cpu_seconds_total') === undefined;
    const scraping = prometheus
      ? [PrometheusModule.register({ path: '/metrics', defaultMetrics: { enabled: processMetrics } })]
      : [];
    return {
      module: ManagementModule,
      imports: [
        ...imports,
        ...scraping,
        TerminusModule.forRoot({ logger: false }),
        ThrottlerModule.forRoot([THROTTLE]),
      ],
      controllers: [
        HealthController,
        OverviewController,
        LeversController,
        CircuitsController,
        PolicyController,
        ModeController,
        RemainderController,
      ],
      providers: [
        { provide: APP_GUARD, useClass: ThrottlerGuard },
        {
          provide: AdminAccess,
          useFactory: ({ value }: Config): AdminAccess => ({ token: value.management.admin_token }),
          inject: [Config],
        },
        { provide: Latest, useFactory: (bus: Bus) => new Latest(bus), inject: [Bus] },
        {
          provide: Stats,
          useFactory: (...given: Sources) => {
            const [about, tally, vitals, delivery, budget, levers, latest, signals = NONE] = given;
            return new Stats({ about, tally, vitals, delivery, budget, levers, latest, signals });
          },
          inject: [About, Tally, Vitals, DeliveryView, Budget, Levers, Latest, FELT],
        },
        {
          provide: ClientHealth,
          useFactory: (
            directory: ClientDirectory,
            desk: LeverDesk,
            delivery: DeliveryView,
            activity: Activity,
            latest: Latest,
          ) => new ClientHealth(directory, desk, delivery, activity, latest),
          inject: [ClientDirectory, LeverDesk, DeliveryView, Activity, Latest],
        },
        {
          provide: Records,
          useFactory: (trail: Trail, governance: Governance, { value }: Config, signals: Signals = NONE) =>
            new Records(trail, signals, governance, value.regulation.enabled),
          inject: [Trail, Governance, Config, FELT],
        },
        { provide: APP_FILTER, useClass: ErrorFilter },
        {
          provide: FactLog,
          useFactory: (bus: Bus, log: Log, { value }: Config) => new FactLog(bus, log, value.log_level),
          inject: [Bus, Log, Config],
        },
        {
          provide: GatewayMetrics,
          useFactory: (...given: Measured) => {
            const [{ version }, tally, vitals, delivery, budget, levers, bus, reports] = given;
            const events = new EventCounts(bus);
            return new GatewayMetrics(register, { version, tally, vitals, delivery, budget, levers, events, reports });
          },
          inject: [About, Tally, Vitals, DeliveryView, Budget, Levers, Bus, { token: Reports, optional: true }],
        },
      ],
    };
  }
}

type Measured = [About, Tally, Vitals, DeliveryView, Budget, Levers, Bus, Reports | undefined];
type Sources = [About, Tally, Vitals, DeliveryView, Budget, Levers, Latest, Signals | undefined];
