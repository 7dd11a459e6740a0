import { Connection } from '../kernel/ports/connection.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { GatewayError } from '../kernel/errors.js';
import { JsonRpcMessage } from '../kernel/json-rpc/message.js';
import { Sessions } from '../session/sessions.js';
import { Era } from './eras/era.js';
import { RequestDispatcher } from './upstream/request-dispatcher.js';
import { UpstreamSessions } from './upstream/upstream-sessions.js';

/** What every session works with. */
export interface McpSessionParts {
  upstreams: UpstreamSessions;
  sessions: Sessions;
  dispatcher: RequestDispatcher;
  era: Era;
  /** Ends the session. */
  end: (reason: CloseReason, error: GatewayError) => void;
}

/** Where a session's messages are dealt with: by one unit, or by all together. */
export abstract class McpSession {
  /** Whether anybody listens for what is in flight. */
  abstract readonly awaited: boolean;
  /** Requests that wait for something other than a unit's answer to them. */
  abstract readonly pending: number;
  /** Takes a message; the answer, an error included, comes through `via`. */
  abstract receive(frame: JsonRpcMessage, via: Connection): void;
  /** The session is over: whoever waits is told, what it held goes back. */
  abstract end(error: GatewayError): void;
}
