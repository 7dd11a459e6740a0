import { Entry, Priority } from '../../kernel/ports/envelope.js';
import { GatewayError } from '../../kernel/errors.js';

/** What a client may say when it joins; docs/WIRE.md. Already checked, unknown parameters left out. */
export interface JoinRequest {
  clientId?: string;
  token?: string;
  resumeToken?: string;
  epoch?: string;
  last?: number;
  acks?: boolean;
  topics?: readonly string[];
  role?: string;
  scopes?: readonly string[];
  transport?: 'auto' | 'websocket' | 'http_sse';
  session?: 'new';
  debug?: boolean;
  terminalType?: string;
  windowSize?: readonly [columns: number, rows: number];
  capabilities?: readonly string[];
}

/**
 * What a client says. `ref` is whatever the codec needs to answer it, undefined where nobody waits for an answer. What is
 * invalid `joins` where it was meant to.
 */
export type Inbound<Ref> =
  | { kind: 'join'; ref: Ref; joinRequest: JoinRequest }
  | { kind: 'leave'; ref: Ref }
  | { kind: 'message'; ref: Ref; id?: string; type: string; data: string; priority: Priority }
  | { kind: 'ack'; ref: Ref; sequence?: number; epoch?: string; id?: string }
  | { kind: 'heartbeat' | 'ping'; ref: Ref }
  | { kind: 'subscribe' | 'unsubscribe'; ref: Ref; topics: readonly string[] }
  | { kind: 'invalid'; ref: Ref; error: GatewayError; joins?: boolean };

/** One connection's way to write and read frames. It holds what the connection has shown of its form, and nothing else. */
export interface Codec<Ref = unknown> {
  /** Never throws: what cannot be read is `invalid`. */
  decode(data: string | Uint8Array): Inbound<Ref>;
  /** A message of the window. */
  message(entry: Entry, epoch: string): string;
  /** A frame of the gateway's own, such as `gap`; the payload is JSON text. */
  status(type: string, payload: string): string;
  /** The answer to what was decoded with this ref, empty where nobody waits for it; the members of `response` are JSON-able. */
  accept(ref: Ref, response: object): string;
  /** Never empty: who waits for no answer is told of a refusal all the same. */
  refuse(ref: Ref, error: GatewayError): string;
  /** The answer to a join: on some wires another frame than other answers. */
  welcome(ref: Ref, response: object): string;
  /** What tells that the channel welcomed last (not the connection) has ended, empty where the wire has no such thing. */
  farewell(): string;
}
