/** The native wire as docs/WIRE.md has it. What comes in is checked by `frames.ts`; nothing here is code that runs. */
import { ViableError } from './viable-error.js';

export type TransportName = 'websocket' | 'http_sse';
export type Priority = 'high' | 'normal' | 'low';

/** A message of the gateway. */
export interface Envelope<Payload = unknown> {
  id: string;
  /** From 0 in each epoch, without holes. */
  sequence: number;
  /** Microseconds since 1970. */
  timestamp: number;
  type: string;
  priority: Priority;
  payload: Payload;
  /** What the publisher called it, unless `message`. */
  event?: string;
  topic?: string;
}

/** Where a client stands in the messages of its session. */
export interface Position {
  epoch: string;
  /** -1 before the first message. */
  last: number;
}

export interface Connected {
  client_id: string;
  session_id: string;
  resume_token?: string;
  /** Milliseconds since 1970. */
  expires_at?: number;
  epoch: string;
  /** Sequence of the first message that this connection will get. */
  next: number;
  resumed?: boolean;
  transport?: string;
  /** Milliseconds. */
  heartbeat_interval?: number;
  /** Path to POST frames to; on an event stream only. */
  endpoint?: string;
}

/** Messages were lost. */
export interface Gap {
  epoch: string;
  /** Sequence of the next message. */
  next: number;
  /** First and last that was lost; null if unknown. */
  from: number | null;
  to: number | null;
  /** `epoch`, `overrun`, `unknown_position` */
  reason: string;
}

export interface Presence {
  client_id: string;
  status: 'online' | 'offline';
}

/** That the gateway took a frame. */
export interface Ack {
  id: string;
  status: string;
  /** Name of the unit that a message went to; null where it went to none. */
  routed?: string | null;
  /** After `subscribe` and `unsubscribe`: all topics of the session. */
  topics?: string[];
}

/** What a client says when it joins. */
export interface Hello {
  client_id: string;
  token?: string;
  resume_token?: string;
  epoch?: string;
  last?: number;
  acks: true;
  topics?: readonly string[];
  transport: 'auto' | TransportName;
  role?: string;
  scopes?: readonly string[];
  session?: 'new';
  terminal_type?: string;
  window_size?: readonly [columns: number, rows: number];
  capabilities?: readonly string[];
}

/** What an application may add to a hello; `transport`: what it would rather have, where it can come by both. */
export type HelloExtras = Partial<
  Pick<Hello, 'role' | 'scopes' | 'session' | 'terminal_type' | 'window_size' | 'capabilities' | 'transport'>
>;

/** A frame to the gateway. */
export interface ClientFrame {
  type: string;
  id?: string;
  data?: unknown;
  priority?: Priority;
  sequence?: number;
  epoch?: string;
}

/** A frame to the gateway as it goes out. */
export interface WrittenFrame {
  id?: string;
  text: string;
}

/** A frame of the gateway, as far as the client tells them apart. */
export type GatewayFrame =
  | { kind: 'message'; envelope: Envelope }
  | { kind: 'connected'; connected: Connected }
  | { kind: 'gap'; gap: Gap }
  | { kind: 'answer'; id: string | null; ack?: Ack; error?: ViableError }
  | { kind: 'notice'; type: string; payload: unknown }
  | { kind: 'invalid'; why: string };
