import { Module } from '@nestjs/common';
import { ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { Config } from '../config/config.module.js';
import { Bus } from '../events/bus.js';
import { Clock } from '../kernel/clock.js';
import { Admission, Limits, SwitchPermit } from '../kernel/principal.js';
import { Circuits } from './circuits.js';
import { ClientLimits } from './client-limits.js';
import { LocalAdmission } from './local-admission.js';
import { LocalSwitchPermit } from './local-switch-permit.js';
import { TransportCircuits } from './transport-circuits.js';

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
    {
      provide: TransportCircuits,
      useFactory: ({ value }: Config, bus: Bus, clock: Clock) =>
        new TransportCircuits(value.circuit_breaker, bus, clock),
      inject: [Config, Bus, Clock],
    },
    {
      provide: Limits,
      useFactory: (throttle: ThrottlerStorage, { value: { limits } }: Config, clock: Clock) =>
        new ClientLimits(
          {
            connectionsPerClient: limits.connections_per_client,
            connectionsPerIp: limits.connections_per_ip,
            connectsPerMinute: limits.connects_per_minute,
            joinsPerMinute: limits.joins_per_minute,
            messagesPerClient: limits.messages_per_client,
            messagesRefill: limits.messages_refill,
            publishesPerMinute: limits.publishes_per_minute,
          },
          throttle,
          clock,
        ),
      inject: [ThrottlerStorage, Config, Clock],
    },
    {
      provide: SwitchPermit,
      useFactory: ({ value }: Config, clock: Clock) => new LocalSwitchPermit(value.switching, clock),
      inject: [Config, Clock],
    },
  ],
  exports: [Circuits, Admission, TransportCircuits, Limits, SwitchPermit],
})
export class ResilienceModule {}
