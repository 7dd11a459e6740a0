import { LinkedList, ListNode } from './linked-list.js';

/** What waits of one key. */
interface Lane<T> {
  readonly key: string;
  readonly tickets: LinkedList<T, Ticket<T>>;
  size: number;
}

/** Something that waits. */
export class Ticket<T> extends ListNode<T> {
  constructor(
    item: T,
    /** When it came, by the clock of whoever pushed it. */
    readonly since: number,
    readonly size: number,
    readonly lane: ListNode<Lane<T>>,
  ) {
    super(item);
  }
}

export interface FairQueueLimits {
  /** How many may wait. */
  most: number;
  /** How large they may be together, in the unit of `push`. */
  mostSize: number;
}

/**
 * What waits, served in turn by key and in order within one: deficit round robin (Shreedhar and Varghese, 1995) where every
 * item costs the quantum, so that no deficit is ever left. Pushing, taking and withdrawing are O(1).
 *
 * A key may have as much waiting as there is room left (dynamic thresholds with α = 1; Choudhury and Hahne, 1998): one
 * alone fills half of the queue, n of them n/(n + 1), and there is always room for one that comes later.
 */
export class FairQueue<T> {
  private readonly lanes = new Map<string, ListNode<Lane<T>>>();
  /** Whose turn it is comes first. */
  private readonly turns = new LinkedList<Lane<T>>();
  private count = 0;
  private size = 0;

  constructor(private limits: FairQueueLimits) {}

  get length(): number {
    return this.count;
  }

  /** `since` of the one that has waited longest; undefined where nothing waits. O(keys). */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { value } of this.turns.links()) oldest = Math.min(oldest ?? Infinity, value.tickets.first!.since);
    return oldest;
  }

  lengthOf(key: string): number {
    return this.lanes.get(key)?.value.tickets.length ?? 0;
  }

  /** What waits already stays, even where it is more than may. */
  resize(limits: FairQueueLimits): void {
    this.limits = limits;
  }

  /** @returns undefined where there is no room for more of that key */
  push(key: string, item: T, since: number, size = 0): Ticket<T> | undefined {
    const known = this.lanes.get(key);
    const free = { length: this.limits.most - this.length, size: this.limits.mostSize - this.size - size };
    if ((known?.value.tickets.length ?? 0) >= free.length || (known?.value.size ?? 0) > free.size) return undefined;
    const lane = known ?? this.open(key);
    const ticket = new Ticket(item, since, size, lane);
    lane.value.tickets.push(ticket);
    lane.value.size += size;
    this.size += size;
    this.count++;
    return ticket;
  }

  /** @returns whether it was waiting */
  withdraw(ticket: Ticket<T>): boolean {
    const { lane, size } = ticket;
    if (!lane.value.tickets.remove(ticket)) return false;
    lane.value.size -= size;
    this.size -= size;
    this.count--;
    if (lane.value.tickets.length > 0) return true;
    this.lanes.delete(lane.value.key);
    this.turns.remove(lane);
    return true;
  }

  /**
   * Takes what is next.
   * @param mayGo keys of which it is false are passed over as long as others wait; O(how many are passed over)
   */
  take(mayGo?: (key: string) => boolean): T | undefined {
    const lane = this.next(mayGo);
    if (!lane) return undefined;
    const ticket = lane.value.tickets.first!;
    this.turns.remove(lane);
    this.turns.push(lane);
    this.withdraw(ticket);
    return ticket.value;
  }

  /** Takes what came before that time. O(keys), and what is taken. */
  takeBefore(time: number): T[] {
    const late: Ticket<T>[] = [];
    for (const { value: lane } of this.turns.links()) {
      for (const ticket of lane.tickets.links()) {
        if (ticket.since >= time) break;
        late.push(ticket);
      }
    }
    for (const ticket of late) this.withdraw(ticket);
    return late.map(({ value }) => value);
  }

  /** Takes all, in the order in which they would have been served. */
  takeAll(): T[] {
    const all: T[] = [];
    while (this.count > 0) all.push(this.take()!);
    return all;
  }

  private next(mayGo?: (key: string) => boolean): ListNode<Lane<T>> | undefined {
    const { first } = this.turns;
    if (!mayGo) return first;
    let lane = first;
    while (lane && !mayGo(lane.value.key)) lane = lane.after;
    return lane ?? first;
  }

  private open(key: string): ListNode<Lane<T>> {
    const lane = new ListNode<Lane<T>>({ key, tickets: new LinkedList(), size: 0 });
    this.lanes.set(key, lane);
    this.turns.push(lane);
    return lane;
  }
}
