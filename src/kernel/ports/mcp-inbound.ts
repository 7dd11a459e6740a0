import { CloseReason } from './close-reason.js';
import { Connection } from './connection.js';
import { JsonRpcMessage } from '../json-rpc/message.js';
import { Caller, Principal } from './access.js';

/** What a door may know of a session. */
export interface SessionHandle {
  readonly id: string;
  readonly principal: Principal;
  /** Protocol version agreed at `initialize`, undefined before. */
  readonly protocolVersion: string | undefined;
  /** Whether the unit declared the `logging` capability, so that log notifications may be sent. */
  readonly mayLog: boolean;
  readonly ended: boolean;
  /** The connection it was opened with. */
  readonly home: Connection;
}

/** What a door calls; it knows nothing further in. */
export abstract class McpInbound {
  /**
   * A new session whose unsolicited messages go to `home`.
   * @throws GatewayError `draining`, `rate_limit_exceeded`, `too_many_sessions`, `unit_required`, `unit_not_found`
   */
  abstract open(caller: Caller, home: Connection): Promise<SessionHandle>;
  /** The session, if it lives and belongs to this principal; another's looks like none at all. */
  abstract find(id: string, principal: Principal): SessionHandle | undefined;
  /** Whether a message that names no session begins one. */
  abstract opensSession(message: JsonRpcMessage): boolean;
  /** Takes a message; the answer, an error included, comes through `via`. */
  abstract receive(session: SessionHandle, frame: JsonRpcMessage, via: Connection): void;
  /** Milliseconds for which nothing is to be read of this session's client, because it is held and over its rate; mostly 0. */
  abstract holdFor(session: SessionHandle): number;
  /** Whether a JSON-RPC batch is part of the protocol version this session speaks. */
  abstract takesBatches(session: SessionHandle): boolean;
  /** Whether `Mcp-Protocol-Version` may name this version. */
  abstract speaks(version: string): boolean;
  abstract close(session: SessionHandle, reason: CloseReason): void;
}
