import { ErrorCode } from '../kernel/errors.js';
import { PushTransport, TransportName } from '../kernel/connection.js';

/** Every fact the gateway tells, and its payload. Payloads never hold messages, tokens or arguments. */
export interface EventMap {
  session_opened: { session: string; transport: TransportName; principal: string; unit: string };
  session_closed: { session: string; transport: TransportName; reason: string; ageMs: number };
  /** A client's first connection has come, or its last one has gone. */
  client_presence: { client: string; session: string; transport: TransportName; status: 'online' | 'offline' };
  transport_switched: { client: string; from: TransportName; to: TransportName };
  /** A client has sent a message; `unit` is where it went, null if to nobody. */
  external_message: { client: string; session: string; type: string; bytes: number; unit: string | null };
  link_opened: { unit: string; instance: string; session: string; tookMs: number };
  link_failed: { unit: string; instance: string; error: ErrorCode; message: string };
  link_lost: { unit: string; instance: string; session: string; message: string; callsLost: number };
  call_failed: { unit: string; instance: string; error: ErrorCode; message: string };
  lease_reclaimed: { unit: string; instance: string; session: string };
  circuit_changed: { unit: string; instance: string; state: 'closed' | 'open' | 'half_open' };
  transport_circuit_changed: { transport: PushTransport; state: 'closed' | 'open' | 'half_open' };
  /** After so many failures in a row it is tried only when nothing better is left. */
  instance_out: { unit: string; instance: string; failures: number };
  instance_back: { unit: string; instance: string; outMs: number };
  /** A defect of the gateway's own: something was thrown that has no row in the table of errors. */
  internal_fault: { where: string; err: unknown };
  drain_started: { callsInFlight: number };
  drain_finished: { callsLeft: number; tookMs: number };
}

export type Topic = keyof EventMap;
