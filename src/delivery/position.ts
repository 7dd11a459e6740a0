import { LogState } from './message-log.js';

/** What a client says it has dispatched: everything up to `last` (-1: nothing) in `epoch`. */
export interface Position {
  epoch: string;
  last: number;
}

/**
 * What a client can say of what it got, which decides how far the promise reaches: acknowledgements, its position when it
 * comes back, or nothing.
 */
export type ReaderKind = 'acking' | 'positional' | 'silent';

/** Something was lost, or may have been; the client is told, never left guessing. */
export interface Gap {
  reason: 'epoch' | 'overrun' | 'unknown_position';
  epoch: string;
  /** Sequence of the message that comes next. */
  next: number;
  /** What is lost, both included; null where nobody knows. */
  from: number | null;
  to: number | null;
}

/** What of an outbox decides where a connection begins. */
export interface Extent extends Omit<LogState, 'queued' | 'next'> {
  /** What is below was given to a connection, or may have been. */
  sent: number;
  /** What is below the client has acknowledged. */
  acked: number;
}

export interface Start {
  /** Sequence of the first message for this connection. */
  from: number;
  gap?: Gap;
}

/**
 * Where a connection begins to read.
 * @param silentWindow how many messages that its socket took a client gets again that says nothing of what it got
 */
export function startOf(log: Extent, kind: ReaderKind, position: Position | undefined, silentWindow: number): Start {
  const { epoch, first, confirmed, sent, acked } = log;
  const from = Math.max(first, kind === 'silent' ? Math.max(acked, confirmed - silentWindow) : confirmed);
  if (!position) return { from };
  const lost = (reason: Gap['reason'], at: number, to: number | null): Start => ({
    from: at,
    gap: { reason, epoch, next: at, from: reason === 'unknown_position' ? null : position.last + 1, to },
  });
  if (position.epoch !== epoch) return lost('epoch', first, null);
  // It is the client's word, and may be anything.
  if (!Number.isSafeInteger(position.last) || position.last < -1 || position.last >= sent)
    return lost('unknown_position', from, null);
  if (position.last + 1 < first) return lost('overrun', first, first - 1);
  return { from: position.last + 1 };
}
