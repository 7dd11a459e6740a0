import { Module } from '@nestjs/common';
import { ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { settings } from '../config/config.module.js';
import { Limits } from '../kernel/ports/access.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { Circuits, CircuitSettings } from './circuits.js';
import { ClientLimits, ClientLimitSettings } from './client-limits.js';
import { ForcedCircuits } from './forced-circuits.js';
import { GateSettings, HandshakeGate } from './handshake-gate.js';
import { AdmissionSettings, LocalAdmission } from './local-admission.js';
import { LocalSwitchPermit, SwitchSettings } from './local-switch-permit.js';
import { Throttle } from './throttle.js';
import { TransportCircuits } from './transport-circuits.js';

/** The answers that begin with `Local` are what holds where nobody regulates. */
@Module({
  imports: [ThrottlerModule.forRoot([])],
  providers: [
    settings(CircuitSettings, ({ circuit_breaker }) => circuit_breaker),
    settings(SwitchSettings, ({ switching }) => switching),
    settings(GateSettings, ({ limits }) => ({ patience: limits.handshake_timeout / 2 })),
    settings(AdmissionSettings, ({ limits }) => ({
      sessions: limits.sessions,
      newSessionsPerMinute: limits.new_sessions_per_minute,
    })),
    settings(ClientLimitSettings, ({ limits }) => ({
      connectionsPerClient: limits.connections_per_client,
      connectionsPerIp: limits.connections_per_ip,
      connectsPerMinute: limits.connects_per_minute,
      joinsPerMinute: limits.joins_per_minute,
      messagesPerClient: limits.messages_per_client,
      messagesRefill: limits.messages_refill,
      publishesPerMinute: limits.publishes_per_minute,
    })),
    { provide: Throttle, useExisting: ThrottlerStorage },
    ForcedCircuits,
    Circuits,
    TransportCircuits,
    LocalAdmission,
    LocalSwitchPermit,
    { provide: Limits, useClass: ClientLimits },
    { provide: HandshakePacing, useClass: HandshakeGate },
  ],
  exports: [Circuits, LocalAdmission, TransportCircuits, Limits, LocalSwitchPermit, HandshakePacing],
})
export class ResilienceModule {}
