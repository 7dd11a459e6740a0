import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Clock } from '../kernel/clock.js';
import { Levers } from '../kernel/ports/levers.js';
import { InstanceLoads, Units } from '../kernel/ports/units.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Pools } from './pools.js';

/** Pools of links to the instances of all units. */
@Module({})
export class PoolModule {
  /** @param imports modules that provide `Units` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: PoolModule,
      imports,
      providers: [
        {
          provide: Pools,
          useFactory: ({ value: { pool } }: Config, units: Units, clock: Clock, bus: EventBus, levers: Levers) => {
            const settings = { checkoutTimeout: pool.checkout_timeout, idleTimeout: pool.idle_timeout };
            const pools = new Pools(units.all, settings, { clock, bus, random: Math.random });
            levers.onChange(({ pool_size }) => pools.obey(pool_size));
            return pools;
          },
          inject: [Config, Units, Clock, EventBus, Levers],
        },
        { provide: InstanceLoads, useExisting: Pools },
      ],
      exports: [Pools, InstanceLoads],
    };
  }
}
