import { DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from './config/config.module.js';
import { GatewayConfig } from './config/schema.js';
import { EventsModule } from './events/events.module.js';
import { IdentityModule } from './identity/identity.module.js';
import { Log } from './kernel/log.js';
import { ManagementModule } from './management/management.module.js';
import { TransportModule } from './transport/transport.module.js';
import { ChannelsModule } from './vsm/s1-operations/channels/channels.module.js';
import { S1OperationsModule } from './vsm/s1-operations/s1-operations.module.js';

/** The one place where modules and drivers are chosen. */
@Module({})
export class AppModule {
  static forRoot(config: GatewayConfig, log: Log, version?: string): DynamicModule {
    const channels = ChannelsModule.forRoot([S1OperationsModule, IdentityModule]);
    const transport = TransportModule.forRoot([S1OperationsModule, IdentityModule, channels]);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, log, version),
        EventsModule,
        S1OperationsModule,
        channels,
        transport,
        ManagementModule.forRoot([S1OperationsModule, transport], config.prometheus_enabled),
      ],
    };
  }
}
