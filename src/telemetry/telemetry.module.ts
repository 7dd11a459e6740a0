import { DynamicModule, Global, Module } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Clock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { Activity } from './client-activity.js';
import { Bus } from './event-bus.js';
import { MuteBus } from './event-bus.noop.js';
import { Tally } from './counters.js';

@Global()
@Module({})
export class EventsModule {
  /** @param bus whether what is told is heard by anybody */
  static forRoot(bus = true): DynamicModule {
    const Chosen = bus ? Bus : MuteBus;
    return {
      module: EventsModule,
      imports: [EventEmitterModule.forRoot()],
      providers: [
        Tally,
        { provide: Activity, useFactory: (clock: Clock) => new Activity(clock), inject: [Clock] },
        {
          provide: Bus,
          useFactory: (emitter: EventEmitter2, log: Log) => new Chosen(emitter, log),
          inject: [EventEmitter2, Log],
        },
      ],
      exports: [Bus, Tally, Activity],
    };
  }
}
