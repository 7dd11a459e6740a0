import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

/**
 * What a message means to those who carry it. `open` begins a session, `opened` says that the client is ready, `liveness`
 * asks for a sign of life; `cancel` and `progress` are about a request under way; `call` is any other request, `notice` any
 * other notification, `answer` a response.
 */
export type Meaning = 'open' | 'opened' | 'liveness' | 'cancel' | 'progress' | 'call' | 'notice' | 'answer';

/** What a request changes of what a unit keeps for a session: the next link is told it, should this one be lost. */
export type StateChange = { is: 'level' } | { is: 'subscribe'; uri: string } | { is: 'unsubscribe'; uri: string };

/**
 * A generation of MCP, as far as those who carry messages must know it: what a message means (classify), which
 * requests belong together (correlate), and how a sign of life is asked for (liveness). Methods stand nowhere else.
 */
export abstract class Era {
  abstract classify(message: JsonRpcMessage): Meaning;

  /** The tool that a request calls. */
  abstract toolOf(message: JsonRpcMessage): string | undefined;

  abstract changeBy(request: JsonRpcMessage): StateChange | undefined;

  /** Whether the answer to a request may wait for something other than the unit's own work. */
  abstract waitsForOthers(request: JsonRpcMessage): boolean;

  /** Whether the answer to a request of this method says what tools a unit has. */
  abstract listsTools(method: string): boolean;

  /** Whether a notification is about the unit as a whole: it relates to no call, whatever is in flight. */
  abstract concernsUnit(notification: JsonRpcMessage): boolean;

  /** The method that asks for a sign of life. */
  abstract readonly liveness: string;

  /** The gateway's own request that opens a session of nobody's, to see whether a unit is well. */
  abstract probe(): JsonRpcMessage;

  /** Says that the one who opened the session is ready; undefined where nobody waits for that. */
  abstract ready(): JsonRpcMessage | undefined;

  /** Nobody waits for the answer to this request any more. */
  abstract cancelled(requestId: number, reason?: string): JsonRpcMessage;
}
