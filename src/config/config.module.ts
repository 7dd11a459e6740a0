import { Abstract, DynamicModule, FactoryProvider, Global, Module } from '@nestjs/common';
import { ServerInfo } from '../kernel/ports/server-info.js';
import { Budget } from '../kernel/budget.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { GatewayConfig } from './schema.js';

/** The checked configuration, as an injection token. Only modules ask for it. */
export abstract class Config {
  abstract readonly value: GatewayConfig;
}

/** Slice of the configuration as an injectable of its own, so that classes ask for no more than they use. */
export function settings<T>(provide: Abstract<T>, slice: (value: GatewayConfig) => T): FactoryProvider<T> {
  return { provide, useFactory: ({ value }: Config) => slice(value), inject: [Config] };
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
