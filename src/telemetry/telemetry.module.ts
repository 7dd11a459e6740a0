import { DynamicModule, Global, Module } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Clock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { ClientActivities } from './client-activity.js';
import { EventBus } from './event-bus.js';
import { NoopEventBus } from './event-bus.noop.js';
import { Counters } from './counters.js';

@Global()
@Module({})
export class TelemetryModule {
  /** @param bus whether what is told is heard by anybody */
  static forRoot(bus = true): DynamicModule {
    const Chosen = bus ? EventBus : NoopEventBus;
    return {
      module: TelemetryModule,
      imports: [EventEmitterModule.forRoot()],
      providers: [
        Counters,
        { provide: ClientActivities, useFactory: (clock: Clock) => new ClientActivities(clock), inject: [Clock] },
        {
          provide: EventBus,
          useFactory: (emitter: EventEmitter2, log: Log) => new Chosen(emitter, log),
          inject: [EventEmitter2, Log],
        },
      ],
      exports: [EventBus, Counters, ClientActivities],
    };
  }
}
