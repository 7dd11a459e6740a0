import { Module } from '@nestjs/common';
import { ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { Config } from '../config/config.module.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { Levers } from '../kernel/ports/levers.js';
import { Limits } from '../kernel/ports/access.js';
import { Circuits } from './circuits.js';
import { ClientLimits } from './client-limits.js';
import { ForcedCircuits } from './forced-circuits.js';
import { HandshakeGate } from './handshake-gate.js';
import { LocalAdmission } from './local-admission.js';
import { LocalSwitchPermit } from './local-switch-permit.js';
import { TransportCircuits } from './transport-circuits.js';

/** The answers that end in `Local` are what holds where nobody regulates. */
@Module({
  imports: [ThrottlerModule.forRoot([])],
  providers: [
    {
      provide: ForcedCircuits,
      useFactory: (levers: Levers, clock: Clock) => new ForcedCircuits(levers, clock),
      inject: [Levers, Clock],
    },
    {
      provide: Circuits,
      useFactory: ({ value }: Config, bus: EventBus, forced: ForcedCircuits) =>
        new Circuits(value.circuit_breaker, bus, forced),
      inject: [Config, EventBus, ForcedCircuits],
    },
    {
      provide: LocalAdmission,
      useFactory: (throttle: ThrottlerStorage, { value: { limits } }: Config) =>
        new LocalAdmission(throttle, {
          sessions: limits.sessions,
          newSessionsPerMinute: limits.new_sessions_per_minute,
        }),
      inject: [ThrottlerStorage, Config],
    },
    {
      provide: TransportCircuits,
      useFactory: ({ value }: Config, bus: EventBus, clock: Clock, forced: ForcedCircuits) =>
        new TransportCircuits(value.circuit_breaker, bus, clock, forced),
      inject: [Config, EventBus, Clock, ForcedCircuits],
    },
    {
      provide: Limits,
      useFactory: (throttle: ThrottlerStorage, { value: { limits } }: Config, clock: Clock, levers: Levers) =>
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
          levers,
        ),
      inject: [ThrottlerStorage, Config, Clock, Levers],
    },
    {
      provide: HandshakePacing,
      useFactory: (levers: Levers, clock: Clock, { value: { limits } }: Config) =>
        new HandshakeGate(levers, clock, { patience: limits.handshake_timeout / 2 }),
      inject: [Levers, Clock, Config],
    },
    {
      provide: LocalSwitchPermit,
      useFactory: ({ value }: Config, clock: Clock) => new LocalSwitchPermit(value.switching, clock),
      inject: [Config, Clock],
    },
  ],
  exports: [Circuits, LocalAdmission, TransportCircuits, Limits, LocalSwitchPermit, HandshakePacing],
})
export class ResilienceModule {}
