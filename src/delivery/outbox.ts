import { Entry, Message } from '../kernel/ports/envelope.js';
import { GatewayError } from '../kernel/errors.js';
import { LogState } from './message-log.js';
import { FlowControl } from './flow-control.js';
import { Cursor } from './cursor.js';

/** Hears what becomes of one message for one session. */
export interface Watcher {
  /** It was written to a live connection. */
  given(session: string, sequence: number): void;
  /** The client has acknowledged it, or its socket has taken it where it acknowledges nothing. */
  confirmed(session: string): void;
}

/** One session's outbox as its owner sees it: how far its window reaches, and who reads it. The messages are in the log. */
export class Outbox {
  readonly epoch: string;
  readonly readers = new Set<Cursor>();
  first: number;
  next: number;
  /** What is below was written to a connection; at first everything may have been, by who owned it before. */
  sent: number;
  confirmed: number;
  /** What is below the client itself has acknowledged, or will not be given again. */
  acked: number;
  /** Messages that wait to enter the window; perhaps less, never more than the log knows of. */
  queued: number;
  closed = false;
  /** Whether what was confirmed is to be told to the log. */
  stale = false;
  /** Acknowledged one by one, beyond `acked`. */
  private readonly singly = new Set<number>();
  /** What was given and is not confirmed, where somebody watched when it was given. */
  private readonly awaited = new Map<number, Message>();

  constructor(
    readonly session: string,
    state: LogState,
    readonly pacing: FlowControl,
    /** By message, for as long as their publisher waits: whoever has given up is not held here. */
    private readonly watchers: ReadonlyMap<Message, Watcher>,
  ) {
    this.epoch = state.epoch;
    this.first = state.first;
    this.next = this.sent = state.next;
    this.confirmed = this.acked = state.confirmed;
    this.queued = state.queued;
  }

  get acking(): boolean {
    for (const { kind } of this.readers) if (kind === 'acking') return true;
    return false;
  }

  get inWindow(): number {
    return this.next - this.confirmed;
  }

  /** The lowest sequence that a connection still has to be given. */
  get needed(): number {
    let needed = this.next;
    for (const { cursor } of this.readers) needed = Math.min(needed, cursor);
    return needed;
  }

  /**
   * Everything up to `sequence` was dispatched.
   * @throws GatewayError `invalid_ack`
   */
  acknowledge(sequence: number, epoch: string | undefined): void {
    const known = epoch === undefined || epoch === this.epoch;
    if (!known || !Number.isSafeInteger(sequence) || sequence >= this.sent) throw new GatewayError('invalid_ack');
    this.passOver(sequence + 1);
    this.confirm(this.acked);
  }

  /** This one was dispatched, whatever became of those before it. */
  acknowledgeOne(sequence: number): void {
    if (sequence < this.acked) return;
    this.singly.add(sequence);
    this.tell(sequence);
    this.passOver(this.acked);
    this.confirm(Math.max(this.acked, this.confirmed));
  }

  /** Nobody will acknowledge what is below: it is acknowledged already, or is not given again. */
  passOver(end: number): void {
    if (end > this.acked) {
      this.acked = end;
      for (const sequence of this.singly) if (sequence < end) this.singly.delete(sequence);
    }
    while (this.singly.delete(this.acked)) this.acked++;
  }

  /** Where nobody acknowledges, what a socket has taken counts as confirmed. */
  settle(): void {
    if (this.acking) return;
    for (const reader of this.readers) this.confirm(reader.drained());
  }

  /** It was written to a connection: tells who watches it, once, and again when it has been confirmed. */
  given({ sequence, message }: Entry): void {
    const watcher = this.watchers.get(message);
    if (!watcher || sequence < this.confirmed || this.singly.has(sequence) || this.awaited.has(sequence)) return;
    this.awaited.set(sequence, message);
    watcher.given(this.session, sequence);
  }

  get isAwaited(): boolean {
    return this.awaited.size > 0;
  }

  private confirm(end: number): void {
    while (this.singly.has(end)) end++;
    if (end <= this.confirmed) return;
    this.confirmed = end;
    this.stale = true;
    for (const sequence of this.awaited.keys()) if (sequence < end) this.tell(sequence);
  }

  private tell(sequence: number): void {
    const message = this.awaited.get(sequence);
    if (!message) return;
    this.awaited.delete(sequence);
    this.watchers.get(message)?.confirmed(this.session);
  }
}
