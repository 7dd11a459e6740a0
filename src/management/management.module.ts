import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { EventBus } from '../telemetry/event-bus.js';
import { Reports } from '../telemetry/intelligence.js';
import { Counters } from '../telemetry/counters.js';
import { ServerInfo } from '../kernel/ports/server-info.js';
import { Budget } from '../kernel/budget.js';
import { Levers } from '../kernel/ports/levers.js';
import { DeliveryView, Vitals } from '../kernel/ports/vitals.js';
import { AdminModule } from './admin/admin.module.js';
import { ErrorFilter } from './error.filter.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { HealthController } from './health.controller.js';
import { EventCounts } from './metrics/event-counts.js';
import { lighten } from './metrics/process.js';

/** Requests per minute and address to one route; probes and scrapes need a few dozen. */
const THROTTLE = { ttl: 60_000, limit: 3_000 };

/** The management listener: health, metrics, and the log of facts. */
@Module({})
export class ManagementModule {
  /** @param imports modules that provide `Vitals` and `ListenerVitals` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>, prometheus: boolean): DynamicModule {
    // prom-client's registry is the process's: a second gateway in it, as in tests, finds these there already.
    const processMetrics = register.getSingleMetric('process_cpu_seconds_total') === undefined;
    const scraping = prometheus
      ? [PrometheusModule.register({ path: '/metrics', defaultMetrics: { enabled: processMetrics } })]
      : [];
    if (prometheus && processMetrics) lighten(register);
    return {
      module: ManagementModule,
      imports: [
        ...imports,
        AdminModule.forRoot(imports),
        ...scraping,
        TerminusModule.forRoot({ logger: false }),
        ThrottlerModule.forRoot([THROTTLE]),
      ],
      controllers: [HealthController],
      providers: [
        { provide: APP_GUARD, useClass: ThrottlerGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
        {
          provide: GatewayMetrics,
          useFactory: (...given: Measured) => {
            const [{ version }, counters, vitals, delivery, budget, levers, bus, reports] = given;
            const events = new EventCounts(bus);
            return new GatewayMetrics(register, {
              version,
              counters,
              vitals,
              delivery,
              budget,
              levers,
              events,
              reports,
            });
          },
          inject: [
            ServerInfo,
            Counters,
            Vitals,
            DeliveryView,
            Budget,
            Levers,
            EventBus,
            { token: Reports, optional: true },
          ],
        },
      ],
    };
  }
}

type Measured = [ServerInfo, Counters, Vitals, DeliveryView, Budget, Levers, EventBus, Reports | undefined];
