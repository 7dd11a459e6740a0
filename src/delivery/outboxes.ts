import { Clock } from '../kernel/clock.js';
import { Entry, Message } from '../kernel/ports/envelope.js';
import { GatewayError } from '../kernel/errors.js';
import { Appended, Entered, FencedError, LogOwner, MessageLog } from './message-log.js';
import { Outbox, Watcher } from './outbox.js';
import { FlowControl, FlowControlSettings } from './flow-control.js';
import { Gap, Position, ReaderKind, startOf } from './position.js';
import { Cursor, Sink } from './cursor.js';
import { Scheduler } from './scheduler.js';

export interface DeliverySettings extends FlowControlSettings {
  /** Messages that a client gets again that says nothing of what it got. */
  silentWindow: number;
  /** As whom this node writes logs. */
  owner: LogOwner;
}

export interface Attached {
  reader: Cursor;
  /** Sequence of the first message for this connection. */
  from: number;
  gap?: Gap;
}

/** Messages read from the log at once for a connection that is behind. */
const CHUNK = 256;
/** Outboxes served before the event loop has its turn: between them sockets are read. */
const SLICE = 1_000;
/** Milliseconds after which a socket is looked at again that has not taken everything; less where a publisher waits for it. */
const DRAIN = 100;
const DRAIN_AWAITED = 10;

/**
 * Carries messages from the log to connections. Whatever may have something to do is put on a list; in turns of the event
 * loop everybody on it is served: messages enter windows, connections are given what is next, the log lets go.
 */
export class Outboxes {
  private readonly turns: Scheduler<Outbox>;
  /** Watchers by message, for as long as their publisher waits. */
  private readonly watchers = new Map<Message, Watcher>();
  /** Windows that are being searched, once for all who ask meanwhile: clients acknowledge by the thousand. */
  private readonly searches = new Map<Outbox, Promise<ReadonlyMap<string, number>>>();

  /** Appends that the log has not answered. */
  private appending = 0;

  constructor(
    private readonly log: MessageLog,
    private readonly clock: Clock,
    private readonly settings: DeliverySettings,
    private readonly onError: (err: unknown) => void,
  ) {
    this.turns = new Scheduler(clock, boxes => this.serve(boxes), onError);
  }

  /** Bytes of messages that this process holds. */
  get bytes(): number {
    return this.log.bytes;
  }

  async open(session: string): Promise<Outbox> {
    const state = await this.log.open(session, this.settings.owner);
    return new Outbox(session, state, new FlowControl(this.settings, this.clock.elapsed()), this.watchers);
  }

  /** @returns one answer for each, in order; the messages are on their way then */
  async append(boxes: readonly Outbox[], message: Message): Promise<Appended[]> {
    this.appending++;
    try {
      const answers = await this.log.append(boxes.map(({ session }) => ({ session, message })));
      for (const [i, box] of boxes.entries()) {
        if (answers[i] !== 'accepted') continue;
        box.queued++;
        this.wake(box);
      }
      return answers;
    } finally {
      this.appending--;
    }
  }

  /** Messages owed by its own count and by the log's; undefined while something is on its way between the two. */
  async compare(box: Outbox): Promise<{ booked: number; found: number } | undefined> {
    const { queued, next, confirmed } = box;
    if (!this.atRest(box)) return undefined;
    const [depth] = await this.log.depth([box.session]);
    if (!depth || !this.atRest(box)) return undefined;
    if (box.queued !== queued || box.next !== next || box.confirmed !== confirmed) return undefined;
    return { booked: queued + box.inWindow, found: depth.queued + depth.inWindow + depth.expired };
  }

  private atRest({ stale, closed }: Outbox): boolean {
    return !stale && !closed && this.appending === 0 && !this.turns.underWay;
  }

  attach(box: Outbox, sink: Sink, kind: ReaderKind, position: Position | undefined): Attached {
    const { from, gap } = startOf(box, kind, position, this.settings.silentWindow);
    const reader = new Cursor(sink, kind, from);
    if (kind === 'acking' && position && !gap && position.last >= box.confirmed)
      box.acknowledge(position.last, box.epoch);
    if (kind === 'silent') box.passOver(from);
    return { reader, from, gap };
  }

  /** From now on this connection is written to. */
  start(box: Outbox, reader: Cursor): void {
    if (box.closed) return;
    box.readers.add(reader);
    this.wake(box);
  }

  detach(box: Outbox, reader: Cursor): void {
    if (!box.readers.delete(reader)) return;
    // What was kept for it alone may go.
    if (reader.cursor < box.confirmed) box.stale = true;
    this.wake(box);
  }

  /** @throws GatewayError `invalid_ack` */
  acknowledge(box: Outbox, reader: Cursor, sequence: number, epoch?: string): void {
    box.acknowledge(sequence, epoch);
    reader.kind = 'acking';
    this.wake(box);
  }

  /** @throws GatewayError `invalid_ack`: no such message waits for it */
  async acknowledgeOne(box: Outbox, reader: Cursor, id: string): Promise<void> {
    // As of now: acknowledgements that come while we search are of later frames.
    const { acked } = box;
    const sequence = (await this.search(box)).get(id);
    if (sequence === undefined || sequence < acked) throw new GatewayError('invalid_ack');
    box.acknowledgeOne(sequence);
    reader.kind = 'acking';
    this.wake(box);
  }

  /** Something has changed for this outbox. */
  wake(box: Outbox): void {
    if (!box.closed) this.turns.add(box);
  }

  /** Resolves when everything that could be done now has been tried. */
  settled(): Promise<void> {
    return this.turns.idle();
  }

  watch(message: Message, watcher: Watcher): void {
    this.watchers.set(message, watcher);
  }

  unwatch(message: Message): void {
    this.watchers.delete(message);
  }

  async close(box: Outbox): Promise<void> {
    box.closed = true;
    box.readers.clear();
    await this.log.drop(box.session, this.settings.owner);
  }

  stop(): void {
    this.turns.stop();
  }

  private search(box: Outbox): Promise<ReadonlyMap<string, number>> {
    let search = this.searches.get(box);
    if (!search) {
      search = this.sequencesOf(box).finally(() => this.searches.delete(box));
      this.searches.set(box, search);
    }
    return search;
  }

  /** By message id; of those with the same the oldest that is not acknowledged. */
  private async sequencesOf(box: Outbox): Promise<ReadonlyMap<string, number>> {
    const sequences = new Map<string, number>();
    for (const { sequence, message } of await this.log.read(box.session, box.first, box.sent - box.first)) {
      if ((sequences.get(message.id) ?? -1) < box.acked) sequences.set(message.id, sequence);
    }
    return sequences;
  }

  private async serve(boxes: readonly Outbox[]): Promise<void> {
    for (let i = 0; i < boxes.length; i += SLICE) {
      if (i > 0) await new Promise(resolve => setImmediate(resolve));
      await this.serveSlice(boxes.slice(i, i + SLICE).filter(({ closed }) => !closed));
    }
  }

  private async serveSlice(boxes: readonly Outbox[]): Promise<void> {
    await this.enter(boxes);
    await this.catchUp(boxes);
    for (const box of boxes) box.settle();
    await this.trim(boxes);
    const now = this.clock.elapsed();
    for (const box of boxes) {
      const wait = this.wait(box, now);
      if (wait < Infinity) this.turns.later(box, wait);
    }
  }

  private async enter(boxes: readonly Outbox[]): Promise<void> {
    const now = this.clock.elapsed();
    const eager = boxes.filter(box => box.queued > 0 && this.isWritable(box, now));
    if (eager.length === 0) return;
    const asked = eager.map(({ queued }) => queued);
    const { owner } = this.settings;
    const requests = eager.map(box => ({
      session: box.session,
      owner,
      ...box.pacing.room(box.acking, box.inWindow, now),
    }));
    const entered = await this.log.enter(requests);
    for (const [i, box] of eager.entries()) {
      const answer = entered[i]!;
      if (answer instanceof FencedError) this.lose(box, answer);
      else this.take(box, answer, asked[i]!, now);
    }
  }

  /** @param asked what `queued` was before: what has been appended meanwhile comes on top of the answer */
  private take(box: Outbox, { entries, next, queued }: Entered, asked: number, now: number): void {
    box.queued += queued - asked;
    box.next = Math.max(box.next, next);
    if (entries.length === 0) return;
    const begin = entries[0]!.sequence;
    if (box.acking) box.pacing.entered(entries.length, box.next, box.confirmed, now);
    for (const reader of box.readers) if (reader.cursor === begin) this.write(box, reader, entries, now);
    if (box.queued > 0 && this.isWritable(box, now)) this.wake(box);
  }

  /** Those who are behind what is in the window are given more of it. */
  private async catchUp(boxes: readonly Outbox[]): Promise<void> {
    const now = this.clock.elapsed();
    const replays: Promise<void>[] = [];
    for (const box of boxes)
      for (const reader of box.readers)
        if (reader.cursor < box.next && this.mayWrite(box, reader, now)) replays.push(this.replay(box, reader, now));
    if (replays.length > 0) await Promise.all(replays);
  }

  private async replay(box: Outbox, reader: Cursor, now: number): Promise<void> {
    const { cursor } = reader;
    const { next, epoch } = box;
    const entries = await this.log.read(box.session, cursor, CHUNK);
    if (!box.readers.has(reader)) return;
    if (entries.length === 0) reader.lose(next, epoch);
    else this.write(box, reader, entries, now);
    if (reader.cursor === cursor) return;
    if (cursor < box.confirmed) box.stale = true;
    if (reader.cursor < box.next) this.wake(box);
  }

  private async trim(boxes: readonly Outbox[]): Promise<void> {
    const stale = boxes.filter(box => box.stale && !box.closed);
    if (stale.length === 0) return;
    const { owner } = this.settings;
    const trims = stale.map(({ session, confirmed, needed }) => ({ session, owner, confirmed, needed }));
    for (const box of stale) box.stale = false;
    try {
      const firsts = await this.log.trim(trims);
      for (const [i, box] of stale.entries()) {
        const first = firsts[i]!;
        if (first instanceof FencedError) this.lose(box, first);
        else this.trimmed(box, first);
      }
    } catch (thrown) {
      for (const box of stale) box.stale = true;
      throw thrown;
    }
  }

  /** Another node serves the session now. */
  private lose(box: Outbox, why: FencedError): void {
    box.closed = true;
    box.readers.clear();
    this.onError(why);
  }

  private trimmed(box: Outbox, first: number): void {
    box.first = first;
    box.passOver(Math.max(first, box.acked));
  }

  private write(box: Outbox, reader: Cursor, entries: readonly Entry[], now: number): void {
    if (this.isHeld(box, reader, now)) return;
    const { cursor } = reader;
    try {
      const given = this.watchers.size === 0 ? undefined : (entry: Entry) => box.given(entry);
      reader.write(entries, box.epoch, this.settings.socketBuffer, given);
    } catch (thrown) {
      // One connection's failure is not that of all who are served in this turn.
      this.onError(thrown);
    }
    box.sent = Math.max(box.sent, reader.cursor);
    // A client that lags behind with its acknowledgements gets its messages in bundles.
    if (reader.kind === 'acking' && reader.cursor > cursor && box.pacing.lags(box.confirmed, now))
      reader.heldUntil = now + this.settings.bundle;
  }

  private isWritable(box: Outbox, now: number): boolean {
    for (const reader of box.readers) if (this.mayWrite(box, reader, now)) return true;
    return false;
  }

  private mayWrite(box: Outbox, reader: Cursor, now: number): boolean {
    const { sink } = reader;
    return sink.attached && sink.buffered <= this.settings.socketBuffer && !this.isHeld(box, reader, now);
  }

  /** Whether the current bundle's time has not come; a client that has caught up with its acknowledgements waits for none. */
  private isHeld(box: Outbox, reader: Cursor, now: number): boolean {
    return now < reader.heldUntil && box.pacing.lags(box.confirmed, now);
  }

  /** Milliseconds after which time alone may have changed what can be done; everything else that may wakes it. */
  private wait(box: Outbox, now: number): number {
    let wait = Infinity;
    for (const reader of box.readers) {
      const { cursor, heldUntil, sink } = reader;
      const owed = cursor < box.next || box.queued > 0;
      if (owed && this.isHeld(box, reader, now)) wait = Math.min(wait, heldUntil - now);
      else if (sink.attached && sink.buffered > 0 && (owed || (box.confirmed < cursor && !box.acking)))
        wait = Math.min(wait, box.isAwaited ? DRAIN_AWAITED : DRAIN);
    }
    if (box.queued > 0 && this.isWritable(box, now))
      wait = Math.min(wait, box.pacing.wait(box.acking, box.inWindow) ?? Infinity);
    return wait;
  }
}
