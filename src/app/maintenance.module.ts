import { DynamicModule, Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Hub } from '../hub/hub.js';
import { Clock } from '../kernel/clock.js';
import { Maintenance } from '../kernel/ports/maintenance.js';
import { SharedUpstreams } from '../mcp/federation/shared-upstreams.js';
import { McpServer } from '../mcp/mcp-server.js';
import { CoarseClock } from '../mcp/upstream/coarse-clock.js';
import { HealthChecks } from '../mcp/upstream/health-checks.js';
import { Pools } from '../pool/pools.js';
import { MaintenanceLoop, MaintenanceOnDemand } from './maintenance.js';

/** What is done by the clock, and at once when an operator asks for it. */
@Module({})
export class MaintenanceModule {
  /** @param operations the data plane */
  static forRoot(operations: DynamicModule): DynamicModule {
    return {
      module: MaintenanceModule,
      imports: [operations],
      providers: [
        {
          provide: MaintenanceLoop,
          useFactory: (
            intake: McpServer,
            sharedUpstreams: SharedUpstreams,
            pools: Pools,
            healthChecks: HealthChecks,
            watch: CoarseClock,
            clock: Clock,
            { value }: Config,
          ) => {
            const { health, pool, sessions } = value;
            const settings = {
              sessionIdle: sessions.idle_timeout,
              leaseIdle: pool.idle_timeout,
              probeInterval: health.interval,
            };
            return new MaintenanceLoop({ intake, pools, sharedUpstreams, healthChecks, watch }, clock, settings);
          },
          inject: [McpServer, SharedUpstreams, Pools, HealthChecks, CoarseClock, Clock, Config],
        },
        {
          provide: Maintenance,
          useFactory: (hub: Hub, maintenanceLoop: MaintenanceLoop) => new MaintenanceOnDemand(hub, maintenanceLoop),
          inject: [Hub, MaintenanceLoop],
        },
      ],
      exports: [MaintenanceLoop, Maintenance],
    };
  }
}
