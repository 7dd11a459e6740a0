import { DynamicModule, Global, Module } from '@nestjs/common';
import { ServerInfo } from '../kernel/ports/server-info.js';
import { Budget } from '../kernel/budget.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { GatewayConfig } from './schema.js';

/** The checked configuration, as an injection token. Only modules ask for it. */
export abstract class Config {
  abstract readonly value: GatewayConfig;
}

/** What the process was started with: its settings, its log, its clock, and how much it may hold. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(value: GatewayConfig, log: Log, version = '0.0.0'): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Config, useValue: { value } },
        { provide: Log, useValue: log },
        { provide: Clock, useClass: SystemClock },
        { provide: ServerInfo, useValue: new ServerInfo(version) },
        { provide: Budget, useFactory: () => new Budget(value.limits.buffered_bytes) },
      ],
      exports: [Config, Log, Clock, ServerInfo, Budget],
    };
  }
}
