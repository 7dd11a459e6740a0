import { Connection } from '../kernel/ports/connection.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { GatewayError } from '../kernel/errors.js';
import { Frame } from '../kernel/json-rpc/message.js';
import { Sessions } from '../session/sessions.js';
import { Dispatch } from './upstream/request-dispatcher.js';
import { Relays } from './upstream/upstream-sessions.js';

/** What every desk works with. */
export interface DeskParts {
  relays: Relays;
  sessions: Sessions;
  dispatch: Dispatch;
  /** Ends the session. */
  end: (reason: CloseReason, error: GatewayError) => void;
}

/** Where a session's messages are dealt with: by one unit, or by all together. */
export abstract class Desk {
  /** Whether anybody listens for what is in flight. */
  abstract readonly awaited: boolean;
  /** Requests that wait for something other than a unit's answer to them. */
  abstract readonly pending: number;
  /** Takes a message; the answer, an error included, comes through `via`. */
  abstract receive(frame: Frame, via: Connection): void;
  /** The session is over: whoever waits is told, what it held goes back. */
  abstract end(error: GatewayError): void;
}
