import { Entry, Message } from '../kernel/ports/envelope.js';

/** Who writes the log of a session beyond appending to it. */
export interface LogOwner {
  /** The node. */
  node: string;
  /** Grows each time that a session's log gets another owner: who has an older one has lost it. */
  fence: number;
}

/** The log of a session has a newer owner: nothing was done. */
export class FencedError extends Error {
  constructor(
    readonly session: string,
    readonly owner: LogOwner,
  ) {
    super(`The log of session ${session.slice(0, 8)} belongs to node ${owner.node} by fence ${owner.fence}.`);
  }
}

/** What a session's outbox is, as its log knows it. */
export interface LogState {
  /** Changes when the log could have lost something. */
  epoch: string;
  /** Sequence of the oldest message that is still held, `next` if none is. */
  first: number;
  /** Sequence that the next message to enter the window gets. */
  next: number;
  /** What is below was acknowledged. */
  confirmed: number;
  /** Messages that wait to enter the window. */
  queued: number;
}

export interface Append {
  session: string;
  message: Message;
}

/** `unknown`: no outbox is open for that session. */
export type Appended = 'accepted' | 'outbox_full' | 'unknown';

export interface EnterRequest {
  session: string;
  owner: LogOwner;
  /** How many messages of high priority may enter, and how many in all. */
  high: number;
  all: number;
}

export interface Entered {
  entries: Entry[];
  /** Sequence of the next to enter: also of those whose answer was lost on its way. */
  next: number;
  /** Messages that still wait. */
  queued: number;
}

export interface Trim {
  session: string;
  owner: LogOwner;
  /** What is below was acknowledged, or taken by the socket where the client acknowledges nothing. */
  confirmed: number;
  /** What is below nobody who is connected still has to be given. */
  needed: number;
}

/** What a log holds for a session, counted and not remembered. */
export interface LogDepth {
  /** Messages that wait to enter the window. */
  queued: number;
  /** Messages of the window that are not confirmed. */
  inWindow: number;
  /** Messages that waited and have expired, since `enter` last told how many wait. */
  expired: number;
}

export interface LogLimits {
  /** Of one session: what waits, and what is sent and not confirmed. */
  messages: number;
  bytes: number;
  /** Of one session: what is confirmed and kept, for clients that come back with an older position. */
  replayMessages: number;
  replayBytes: number;
}

/**
 * Where the messages owed to sessions are kept, in two parts: queues by priority, and behind them the window, in which a
 * message has its sequence. Any node may append; entering, trimming and dropping are the owner's, who is whoever opened the
 * log with the highest fence. All operations take batches,
 * because a driver that is far away pays by the round trip; they resolve when what they did would survive whatever the
 * driver promises to survive.
 */
export abstract class MessageLog {
  /** Bytes that this process holds of messages. */
  abstract readonly bytes: number;
  /**
   * The outbox of a session, made if there is none. Its log is the owner's from now on.
   * @throws FencedError
   */
  abstract open(session: string, owner: LogOwner): Promise<LogState>;
  /** Appends in order, to each session's queue of the message's priority. One answer for each. */
  abstract append(batch: readonly Append[]): Promise<Appended[]>;
  /**
   * Moves messages from the queues into the window, higher priorities first, and gives them their sequences. One answer for
   * each: one that was fenced off keeps none of the others back.
   */
  abstract enter(batch: readonly EnterRequest[]): Promise<(Entered | FencedError)[]>;
  /** Messages of the window from a sequence on, at most `max`; begins later if that is no longer held. */
  abstract read(session: string, from: number, max: number): Promise<Entry[]>;
  /** Lets go of what nobody can ask for any more; answers with each session's oldest sequence held. */
  abstract trim(batch: readonly Trim[]): Promise<(number | FencedError)[]>;
  /** What it holds, for those who check; undefined where no outbox is open. One answer for each. */
  abstract depth(sessions: readonly string[]): Promise<(LogDepth | undefined)[]>;
  /**
   * Forgets the session and everything owed to it.
   * @throws FencedError
   */
  abstract drop(session: string, owner: LogOwner): Promise<void>;
  /**
   * Notes what became of something that a producer may ask for again, for some minutes, and at most so many.
   * @returns what was noted before under this key; then nothing is noted
   */
  abstract once(key: string, outcome: string): Promise<string | undefined>;
  abstract recall(key: string): Promise<string | undefined>;
}
