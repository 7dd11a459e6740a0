import { Global, Module } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Log } from '../kernel/log.js';
import { Bus } from './bus.js';
import { Tally } from './tally.js';

@Global()
@Module({
  imports: [EventEmitterModule.forRoot()],
  providers: [
    Tally,
    {
      provide: Bus,
      useFactory: (emitter: EventEmitter2, log: Log) => new Bus(emitter, log),
      inject: [EventEmitter2, Log],
    },
  ],
  exports: [Bus, Tally],
})
export class EventsModule {}
