import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Clock } from '../kernel/clock.js';
import { isAvoided, Levers } from '../kernel/ports/levers.js';
import { InstanceLoads, Units } from '../kernel/ports/units.js';
import { EventBus } from '../telemetry/event-bus.js';
import { InstanceHealth } from './instance-health.js';
import { Router } from './router.js';

/** Which instances of a unit are tried in which order. */
@Module({})
export class RoutingModule {
  /** @param imports modules that provide `Units` and `InstanceLoads` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: RoutingModule,
      imports,
      providers: [
        {
          provide: InstanceHealth,
          useFactory: ({ value: { health } }: Config, bus: EventBus, clock: Clock) =>
            new InstanceHealth(health, bus, clock),
          inject: [Config, EventBus, Clock],
        },
        {
          provide: Router,
          useFactory: ({ value }: Config, units: Units, health: InstanceHealth, loads: InstanceLoads, levers: Levers) =>
            new Router(units.all, health, {
              vnodes: value.routing.vnodes,
              load: instance => loads.load(instance),
              isAvoided: id => isAvoided(levers.now, id),
            }),
          inject: [Config, Units, InstanceHealth, InstanceLoads, Levers],
        },
      ],
      exports: [InstanceHealth, Router],
    };
  }
}
