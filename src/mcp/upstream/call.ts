import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Connection } from '../../kernel/ports/connection.js';

/** Scope of the gateway's own requests: no client's. */
export const OWN = '\0';

/** A client's request on its way through a unit. */
export interface Call {
  /** The connection that asked and gets the answer. */
  via: Connection;
  method: string;
  /** The tool it calls. */
  tool: string | undefined;
  /** Whether it had to wait for something other than the unit: a client's answer, or the end of a task. */
  asked: boolean;
  /** The trace it belongs to, where its client says one (W3C Trace Context). */
  trace: string | undefined;
  /** What it subscribes to. */
  uri: string | undefined;
  /** Clock.elapsed() when it came in. */
  startedAt: number;
  /** `CoarseClock.now` when it was sent or last reported progress. */
  heardAt: number;
  /** The request as the client sent it, kept where it may be sent again. */
  frame: JsonRpcMessage | undefined;
  /** How often it has been tried. */
  tries: number;
  /** Whether an earlier try may have reached the unit. */
  unsure: boolean;
  /** Milliseconds from its coming in to its being sent, where that was measured. */
  ownMs: number | undefined;
}

/** A question of a unit on its way to a client. */
export interface Ask {
  to: Connection;
  /** Whose answer is taken. */
  scope: string;
}

/** What came while no link was there. */
export interface Waiting {
  frame: JsonRpcMessage;
  via: Connection;
  scope: string;
  tries: number;
  unsure: boolean;
}
