import { Budget, Share } from '../kernel/budget.js';
import { Clock } from '../kernel/clock.js';
import { Entry, Message, PRIORITIES } from '../kernel/ports/envelope.js';
import { shortId } from '../kernel/ids.js';
import { Deque } from './deque.js';
import {
  Append,
  Appended,
  Entered,
  EnterRequest,
  FencedError,
  LogDepth,
  LogLimits,
  LogOwner,
  LogState,
  MessageLog,
  Trim,
} from './message-log.js';
import { IdempotencyTable } from './idempotency-table.js';

/** Bytes that a message costs each session that it is owed to, besides the message itself. */
const PLACE = 32;

/** How many times what is kept for replay is kept for a connection that lags. */
const PATIENCE = 4;

/** From which part of the process' budget on a session may be owed only so many bytes more. */
const PRESSED = { from: 0.75, bytes: 256 * 1024 };
/** Bytes that every session may be owed even when the budget is spent: there are only so many sessions. */
const RESERVE = 8 * 1024;

/** One session's outbox. */
interface Box extends LogState {
  owner: LogOwner;
  /** By priority, made when needed. */
  queues: (Deque<Message> | undefined)[];
  window: Deque<Message>;
  /** Bytes that wait or are not confirmed, and bytes that are confirmed and kept. */
  owed: number;
  kept: number;
  /** No message that waits expires before that. */
  soonest: number;
  /** How many have expired since the owner was told how many wait. */
  expired: number;
}

/** The log of one process: nothing outlives it. */
export class MemoryMessageLog extends MessageLog {
  private readonly boxes = new Map<string, Box>();
  private readonly share: Share;
  private held = 0;
  /** Of all sessions: bytes that are confirmed and kept. */
  private kept = 0;
  /** Of all sessions: no message that waits expires before that. */
  private soonest = Infinity;
  /** How many sessions hold a message: it is one, however many it is owed to. */
  private readonly holders = new Map<Message, number>();
  private readonly outcomes: IdempotencyTable;

  constructor(
    private readonly limits: LogLimits,
    private readonly budget: Budget,
    private readonly clock: Clock,
  ) {
    super();
    this.share = budget.share();
    this.outcomes = new IdempotencyTable(clock);
  }

  get bytes(): number {
    return this.held;
  }

  open(session: string, owner: LogOwner): Promise<LogState> {
    let box = this.boxes.get(session);
    if (!box) {
      box = { owner, epoch: shortId(), first: 0, next: 0, confirmed: 0, queued: 0, ...emptyBox() };
      this.boxes.set(session, box);
    }
    const fenced = fencedOff(session, box, owner);
    if (fenced) return Promise.reject(fenced);
    box.owner = owner;
    const { epoch, first, next, confirmed, queued } = box;
    return Promise.resolve({ epoch, first, next, confirmed, queued });
  }

  append(batch: readonly Append[]): Promise<Appended[]> {
    return Promise.resolve(batch.map(({ session, message }) => this.appendOne(session, message)));
  }

  enter(batch: readonly EnterRequest[]): Promise<(Entered | FencedError)[]> {
    return Promise.resolve(batch.map(request => this.enterOne(request)));
  }

  read(session: string, from: number, max: number): Promise<Entry[]> {
    const box = this.boxes.get(session);
    const entries: Entry[] = [];
    if (!box) return Promise.resolve(entries);
    const end = Math.min(box.next, Math.max(from, box.first) + max);
    for (let sequence = Math.max(from, box.first); sequence < end; sequence++)
      entries.push({ sequence, message: box.window.at(sequence - box.first)! });
    return Promise.resolve(entries);
  }

  trim(batch: readonly Trim[]): Promise<(number | FencedError)[]> {
    return Promise.resolve(batch.map(trim => this.trimOne(trim)));
  }

  depth(sessions: readonly string[]): Promise<(LogDepth | undefined)[]> {
    return Promise.resolve(sessions.map(session => depthOf(this.boxes.get(session))));
  }

  drop(session: string, owner: LogOwner): Promise<void> {
    const box = this.boxes.get(session);
    if (!box) return Promise.resolve();
    const fenced = fencedOff(session, box, owner);
    if (fenced) return Promise.reject(fenced);
    this.boxes.delete(session);
    this.kept -= box.kept;
    for (const messages of [box.window, ...box.queues]) for (const message of messages ?? []) this.release(message);
    return Promise.resolve();
  }

  once(key: string, outcome: string): Promise<string | undefined> {
    return Promise.resolve(this.outcomes.once(key, outcome));
  }

  recall(key: string): Promise<string | undefined> {
    return Promise.resolve(this.outcomes.get(key));
  }

  private appendOne(session: string, message: Message): Appended {
    const box = this.boxes.get(session);
    if (!box) return 'unknown';
    if (!this.fits(box, message)) {
      this.dropExpired(box);
      this.makeRoom();
      if (!this.fits(box, message)) return 'outbox_full';
    }
    (box.queues[PRIORITIES.indexOf(message.priority)] ??= new Deque()).push(message);
    box.queued++;
    box.owed += message.size;
    box.soonest = Math.min(box.soonest, message.expiresAt);
    this.soonest = Math.min(this.soonest, message.expiresAt);
    this.hold(message);
    return 'accepted';
  }

  private fits(box: Box, { size }: Message): boolean {
    const { messages, bytes } = this.limits;
    const count = box.queued + box.next - box.confirmed;
    return count < messages && box.owed + size <= Math.min(bytes, this.fairShare());
  }

  /** What one session may be owed, in bytes: the fuller the process, the less, so that a few that are owed much stop nobody else. */
  private fairShare(): number {
    const { used, limit } = this.budget;
    if (used < limit * PRESSED.from) return Infinity;
    return used < limit ? PRESSED.bytes : RESERVE;
  }

  private enterOne({ session, owner, high, all }: EnterRequest): Entered | FencedError {
    const entries: Entry[] = [];
    const box = this.boxes.get(session);
    if (!box) return { entries, next: 0, queued: 0 };
    const fenced = fencedOff(session, box, owner);
    if (fenced) return fenced;
    const now = this.clock.now();
    for (let index = 0; index < box.queues.length; index++) {
      const queue = box.queues[index];
      const most = index === 0 ? Math.max(high, all) : all;
      while (queue && queue.length > 0 && entries.length < most) {
        const message = queue.shift()!;
        box.queued--;
        if (message.expiresAt <= now) this.expire(box, message);
        else {
          box.window.push(message);
          entries.push({ sequence: box.next++, message });
        }
      }
    }
    box.expired = 0;
    return { entries, next: box.next, queued: box.queued };
  }

  private trimOne({ session, owner, confirmed, needed }: Trim): number | FencedError {
    const box = this.boxes.get(session);
    if (!box) return 0;
    const fenced = fencedOff(session, box, owner);
    if (fenced) return fenced;
    while (box.confirmed < Math.min(confirmed, box.next)) {
      const { size } = box.window.at(box.confirmed++ - box.first)!;
      box.owed -= size;
      box.kept += size;
      this.kept += size;
    }
    while (box.first < box.confirmed && this.keepsTooMuch(box, needed)) this.letGo(box);
    return box.first;
  }

  /**
   * What has expired, and what is kept for replay, goes before anything new is refused: where those are all that is held,
   * nothing would ever enter, and so nothing leave.
   */
  private makeRoom(): void {
    if (!this.budget.spent || (this.kept === 0 && this.soonest > this.clock.now())) return;
    this.soonest = Infinity;
    for (const box of this.boxes.values()) {
      this.dropExpired(box);
      this.soonest = Math.min(this.soonest, box.soonest);
      while (box.first < box.confirmed && this.budget.spent) this.letGo(box);
    }
  }

  /** Lets go of the oldest message of the window. */
  private letGo(box: Box): void {
    const message = box.window.shift()!;
    box.first++;
    box.kept -= message.size;
    this.kept -= message.size;
    this.release(message);
  }

  /** A connection that lags behind the others of its session is waited for, but not for ever. */
  private keepsTooMuch(box: Box, needed: number): boolean {
    const { replayMessages, replayBytes } = this.limits;
    const patience = box.first < needed ? 1 : PATIENCE;
    return box.confirmed - box.first > replayMessages * patience || box.kept > replayBytes * patience;
  }

  private dropExpired(box: Box): void {
    const now = this.clock.now();
    if (box.soonest > now) return;
    box.soonest = Infinity;
    for (const queue of box.queues) {
      queue?.filter(message => {
        if (message.expiresAt > now) {
          box.soonest = Math.min(box.soonest, message.expiresAt);
          return true;
        }
        box.queued--;
        box.expired++;
        this.expire(box, message);
        return false;
      });
    }
  }

  private expire(box: Box, message: Message): void {
    box.owed -= message.size;
    this.release(message);
  }

  private hold(message: Message): void {
    const holders = this.holders.get(message) ?? 0;
    this.holders.set(message, holders + 1);
    this.count(holders === 0 ? message.size + PLACE : PLACE);
  }

  private release(message: Message): void {
    const holders = this.holders.get(message)! - 1;
    if (holders > 0) this.holders.set(message, holders);
    else this.holders.delete(message);
    this.count(holders === 0 ? -message.size - PLACE : -PLACE);
  }

  private count(bytes: number): void {
    this.held += bytes;
    this.share.set(this.held);
  }
}

/** Of two with the same fence the one that has it keeps it. */
function fencedOff(session: string, { owner: current }: Box, { node, fence }: LogOwner): FencedError | undefined {
  if (fence > current.fence || (fence === current.fence && node === current.node)) return undefined;
  return new FencedError(session, current);
}

function emptyBox(): Omit<Box, keyof LogState | 'owner'> {
  const queues = [undefined, undefined, undefined];
  return { queues, window: new Deque(), owed: 0, kept: 0, soonest: Infinity, expired: 0 };
}

function depthOf(box: Box | undefined): LogDepth | undefined {
  if (!box) return undefined;
  const { queues, window, first, confirmed, expired } = box;
  const queued = queues.reduce((sum, queue) => sum + (queue?.length ?? 0), 0);
  return { queued, inWindow: window.length - (confirmed - first), expired };
}
