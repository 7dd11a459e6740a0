import { Entry } from '../kernel/ports/envelope.js';
import { Gap, ReaderKind } from './position.js';

/** What delivery needs of a connection. */
export interface Sink {
  readonly attached: boolean;
  /** Bytes that its socket has not taken. */
  readonly buffered: number;
  /** @returns bytes written, at most as many as it really were */
  deliver(entry: Entry, epoch: string): number;
  gap(gap: Gap): void;
}

/** One connection that reads a session's window. */
export class Cursor {
  /** What is below the socket has taken. */
  private taken: number;
  private written = 0;
  /** How many bytes had been written when which sequence was next. */
  private marks: { next: number; written: number }[] = [];
  /** `Clock.elapsed()` before which nothing is written, because writes are bundled. */
  heldUntil = 0;

  constructor(
    readonly sink: Sink,
    public kind: ReaderKind,
    /** Sequence of the next message to write. */
    public cursor: number,
  ) {
    this.taken = cursor;
  }

  /**
   * Writes what is next, as far as the socket takes it.
   * @param room bytes that may wait in the socket
   * @param given called with each message that was written
   */
  write(entries: readonly Entry[], epoch: string, room: number, given?: (entry: Entry) => void): void {
    const { sink } = this;
    const before = this.written;
    const free = room - sink.buffered;
    for (const entry of entries) {
      if (this.written - before > free || !sink.attached) break;
      // Two reads of the log may have overlapped where one of them failed.
      if (entry.sequence < this.cursor) continue;
      this.lose(entry.sequence, epoch);
      this.written += sink.deliver(entry, epoch);
      this.cursor = entry.sequence + 1;
      given?.(entry);
    }
    // Also where nobody asks for it: the marks would grow with everything ever written.
    if (this.drained() < this.cursor && this.written > before)
      this.marks.push({ next: this.cursor, written: this.written });
  }

  /** The log no longer holds what is below `next`: what of it was not written is lost, and the client is told. */
  lose(next: number, epoch: string): void {
    if (next <= this.cursor) return;
    this.sink.gap({ reason: 'overrun', epoch, next, from: this.cursor, to: next - 1 });
    this.cursor = next;
  }

  /** What is below has left the process; only as good as the socket's own count. */
  drained(): number {
    const { attached, buffered } = this.sink;
    if (!attached) return this.taken;
    if (buffered === 0) {
      if (this.marks.length > 0) this.marks = [];
      return (this.taken = this.cursor);
    }
    const out = this.written - buffered;
    while (this.marks.length > 0 && this.marks[0]!.written <= out) this.taken = this.marks.shift()!.next;
    return this.taken;
  }
}
