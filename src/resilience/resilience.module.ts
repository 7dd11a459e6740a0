import { Module } from '@nestjs/common';
import { ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { Config } from '../config/config.module.js';
import { Bus } from '../events/bus.js';
import { Admission } from '../kernel/principal.js';
import { Circuits } from './circuits.js';
import { LocalAdmission } from './local-admission.js';

@Module({
  imports: [ThrottlerModule.forRoot([])],
  providers: [
    {
      provide: Circuits,
      useFactory: ({ value }: Config, bus: Bus) => new Circuits(value.circuit_breaker, bus),
      inject: [Config, Bus],
    },
    {
      provide: Admission,
      useFactory: (throttle: ThrottlerStorage, { value: { limits } }: Config) =>
        new LocalAdmission(throttle, {
          sessions: limits.sessions,
          newSessionsPerMinute: limits.new_sessions_per_minute,
        }),
      inject: [ThrottlerStorage, Config],
    },
  ],
  exports: [Circuits, Admission],
})
export class ResilienceModule {}
