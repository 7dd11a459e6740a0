import { DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from './config/config.module.js';
import { GatewayConfig } from './config/schema.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { Log } from './kernel/log.js';
import { LeversModule } from './vsm/levers/levers.module.js';
import { ManagementModule } from './management/management.module.js';
import { TransportModule } from './transport/transport.module.js';
import { UnregulatedModule } from './vsm/unregulated.module.js';
import { MaintenanceModule } from './app/maintenance.module.js';
import { S1Module } from './vsm/s1-operations/s1.module.js';
import { VsmModule } from './vsm/vsm.module.js';

/** What may be left out. */
export interface Composition {
  /** Whether facts are heard by anybody. */
  bus?: boolean;
}

/** The one place where modules and drivers are chosen. */
@Module({})
export class AppModule {
  static forRoot(config: GatewayConfig, log: Log, version?: string, { bus = true }: Composition = {}): DynamicModule {
    const answers = config.regulation.enabled ? VsmModule.forRoot() : UnregulatedModule;
    const operations = S1Module.forRoot(answers);
    const maintenance = MaintenanceModule.forRoot(operations);
    const transport = TransportModule.forRoot([operations, answers]);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, log, version),
        TelemetryModule.forRoot(bus),
        LeversModule,
        operations,
        maintenance,
        transport,
        ManagementModule.forRoot([operations, maintenance, transport, answers], config.prometheus_enabled),
      ],
    };
  }
}
