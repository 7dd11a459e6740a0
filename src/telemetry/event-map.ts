import { PushTransport, TransportName } from '../kernel/ports/connection.js';
import { ErrorCode } from '../kernel/errors.js';
import { ForcedState, LeverName, Mode, Writer } from '../kernel/ports/levers.js';
import { Decision } from '../kernel/ports/audit-log.js';
import { GatewayReport, LoadForecast, Anomaly, UsagePattern } from './intelligence.js';
import { Pain, Pleasure } from './signals.js';

type CircuitState = 'closed' | 'open' | 'half_open';

/** Every fact the gateway tells, and its payload. Payloads never hold messages, tokens or arguments. */
export interface EventMap {
  // What the data plane tells.
  session_opened: { session: string; client: string; transport: TransportName; principal: string; unit: string };
  session_closed: { session: string; client: string; transport: TransportName; reason: string; ageMs: number };
  /** A client's first connection has come, or its last one has gone. */
  client_presence: { client: string; session: string; transport: TransportName; status: 'online' | 'offline' };
  transport_switched: { client: string; session: string; from: TransportName; to: TransportName };
  /** A client has sent a message; `unit` is where it went, `*` if to whichever of all, null if to nobody. Emitted for each, where somebody listens. */
  external_message: { client: string; session: string; type: string; bytes: number; unit: string | null };
  link_opened: { unit: string; instance: string; session: string; tookMs: number };
  link_failed: { unit: string; instance: string; session: string; error: ErrorCode; message: string };
  link_lost: {
    unit: string;
    instance: string;
    session: string;
    error: ErrorCode;
    message: string;
    callsLost: number;
  };
  /** `call`: its number on the session's link, as the unit sees it; `trace`: what its client says it belongs to (W3C Trace Context). */
  call_failed: {
    unit: string;
    instance: string;
    session: string;
    call: string;
    trace?: string;
    error: ErrorCode;
    message: string;
  };
  lease_reclaimed: { unit: string; instance: string; session: string };
  circuit_changed: { unit: string; instance: string; state: CircuitState };
  transport_circuit_changed: { transport: PushTransport; state: CircuitState };
  /** A client's connection has ended abnormally. `client`: its address where it is anonymous, else (principal, client id). */
  connection_broken: { transport: PushTransport; client: string; session: string };
  /** After so many failures in a row it is tried only when nothing better is left. */
  instance_out: { unit: string; instance: string; failures: number };
  instance_back: { unit: string; instance: string; outMs: number };
  /** More than 95 % of the leases there may be are in use; told once, until it was `pool_relieved`: less than 90 %. */
  pool_exhausted: { unit: string; instance: string; inUse: number; waiting: number; size: number; overflow: number };
  pool_relieved: { unit: string; instance: string; inUse: number; exhaustedMs: number };
  /** A defect of the gateway's own: something was thrown that has no row in the table of errors. */
  internal_fault: { where: string; err: unknown };
  drain_started: { callsInFlight: number };
  drain_finished: { callsLeft: number; tookMs: number };

  // S2 coordination.
  /** S2 was asked whether a client may change its transport. `waitMs` until it may, 0 where it was granted. */
  check_oscillation: { client: string; from: TransportName; to: TransportName; waitMs: number };

  // S3 control. The first three are requests to it.
  allocate_connections: { transport: TransportName; count: number; why: string; forMs?: number };
  adjust_rate_limit: { client: string; limit: number | null; why: string; forMs?: number };
  /** `target`: an instance's id or a transport; null lets the circuit go by what it sees itself. */
  force_circuit_state: { target: string; state: ForcedState | null; why: string; forMs?: number };
  /** S3* has found two counts of the same thing that differ, or a unit that gave no sign of life. */
  audit_discrepancy: { what: string; of: string; booked: number | string; found: number | string };

  // S4 intelligence.
  gateway_metrics: GatewayReport;
  usage_pattern: UsagePattern;
  anomaly_detected: Anomaly;
  anomaly_ended: { metric: string; of: string; lastedMs: number };
  load_forecast: LoadForecast;

  // S5 policy.
  policy_update: { scope: 'gateway'; version: number; constraints: Readonly<Record<string, unknown>>; why: string };
  /** A policy file that is not in order; the one before it holds. */
  policy_rejected: { source: string; why: string };
  check_compliance: { action: string; principal: string; target: string; compliant: boolean; why: string };
  verify_identity: { operation: string; principal: string; aligned: boolean; why: string };
  mode_changed: { from: Mode; to: Mode; why: string };

  // The algedonic channel.
  pain: Pain;
  pleasure: Pleasure;

  // All of them.
  /** `value` is null where it was released. */
  lever_moved: {
    lever: LeverName;
    target: string;
    value: unknown;
    by: Writer;
    why: string;
    until: number | null;
  };
  decision: Decision;
}

export type Topic = keyof EventMap;

/** The systems' own names for where an event belongs (VSM); outside subscribers choose by these. */
export const SYSTEMS = [
  's1_operations',
  's2_coordination',
  's3_control',
  's4_intelligence',
  's5_policy',
  'algedonic_channel',
] as const;
export type SystemName = (typeof SYSTEMS)[number];

export const SYSTEM_OF: Readonly<Record<Topic, SystemName>> = {
  session_opened: 's1_operations',
  session_closed: 's1_operations',
  client_presence: 's1_operations',
  external_message: 's1_operations',
  link_opened: 's1_operations',
  link_failed: 's1_operations',
  link_lost: 's1_operations',
  call_failed: 's1_operations',
  lease_reclaimed: 's1_operations',
  pool_exhausted: 's1_operations',
  pool_relieved: 's1_operations',
  internal_fault: 's1_operations',
  drain_started: 's1_operations',
  drain_finished: 's1_operations',
  connection_broken: 's1_operations',
  transport_switched: 's2_coordination',
  check_oscillation: 's2_coordination',
  instance_out: 's2_coordination',
  instance_back: 's2_coordination',
  circuit_changed: 's3_control',
  transport_circuit_changed: 's3_control',
  allocate_connections: 's3_control',
  adjust_rate_limit: 's3_control',
  force_circuit_state: 's3_control',
  audit_discrepancy: 's3_control',
  lever_moved: 's3_control',
  gateway_metrics: 's4_intelligence',
  usage_pattern: 's4_intelligence',
  anomaly_detected: 's4_intelligence',
  anomaly_ended: 's4_intelligence',
  load_forecast: 's4_intelligence',
  policy_update: 's5_policy',
  policy_rejected: 's5_policy',
  check_compliance: 's5_policy',
  verify_identity: 's5_policy',
  mode_changed: 's5_policy',
  decision: 's5_policy',
  pain: 'algedonic_channel',
  pleasure: 'algedonic_channel',
};
