import { InstanceVitals } from '../../src/kernel/ports/vitals.js';
import { UnloadedLatency } from '../../src/mcp/upstream/unloaded-latency.js';
import { instanceOf } from './regulated.js';

interface Call {
  cameAt: number;
  sentAt: number;
  endsAt: number;
  work: Work;
}

/** A call as the unit sees it. */
export interface Work {
  tool: string;
  ms: number;
  /** It waits for a client's answer, and for none of the unit's servers. */
  asked?: boolean;
}

export interface Outcome {
  /** Calls that came, by when they came, in ms, and when they were answered; Infinity for those refused. */
  came: number;
  latencyMs: number;
  /** How long it waited in the gateway; Infinity as well. */
  waitedMs: number;
}

/** The least first. */
class Heap<T> {
  readonly items: T[] = [];

  constructor(private readonly of: (item: T) => number) {}

  get least(): number {
    return this.items.length > 0 ? this.of(this.items[0]!) : Infinity;
  }

  push(item: T): void {
    const { items, of } = this;
    let at = items.push(item) - 1;
    for (let up = (at - 1) >> 1; at > 0 && of(items[up]!) > of(item); at = up, up = (at - 1) >> 1) {
      items[at] = items[up]!;
      items[up] = item;
    }
  }

  pop(): T {
    const { items, of } = this;
    const first = items[0]!;
    const item = items.pop()!;
    if (items.length === 0) return first;
    items[0] = item;
    for (let at = 0; ;) {
      let down = 2 * at + 1;
      if (down + 1 < items.length && of(items[down + 1]!) < of(items[down]!)) down++;
      if (down >= items.length || of(items[down]!) >= of(item)) return first;
      items[at] = items[down]!;
      items[down] = item;
      at = down;
    }
  }
}

/**
 * A unit that works at so many calls at once and lets the others wait (first in, first out), and the gateway's queue before
 * it, as a simulation by events. Latencies of calls in `outcomes` are what clients see.
 */
export class QueueingUnit {
  readonly outcomes: Outcome[] = [];
  /** Calls in flight that the gateway allows. */
  limit = Infinity;
  /** How long the gateway lets a call wait before it refuses it, in ms. */
  patience = 500;
  answered = 0;
  busyMs = 0;
  shed = 0;
  /** So many callers each have one call after the other, whatever else comes. */
  callers = 0;
  private readonly latencies = new UnloadedLatency();
  private readonly comparison = { compared: 0, comparedMs: 0, unloadedMs: 0 };
  private readonly queue: number[] = [];
  private readonly flying = new Heap<Call>(({ endsAt }) => endsAt);
  /** When each of the unit's servers is free. */
  private readonly free = new Heap<number>(at => at);
  private nextArrival = 0;
  private now = 0;

  constructor(
    servers: number,
    public serviceMs: () => number | Work,
    private readonly random: () => number,
  ) {
    for (let i = 0; i < servers; i++) this.free.push(0);
  }

  get waiting(): number {
    return this.queue.length;
  }

  get inFlight(): number {
    return this.flying.items.length;
  }

  /** Lets time pass; calls come as a Poisson process. */
  run(until: number, perSecond: number): void {
    if (perSecond === 0) this.nextArrival = Infinity;
    else if (this.nextArrival === Infinity || this.nextArrival < this.now) this.nextArrival = this.now;
    for (;;) {
      this.call();
      const end = this.flying.least;
      const next = Math.min(end, this.nextArrival);
      if (next > until) break;
      this.now = next;
      if (next === this.nextArrival) {
        this.queue.push(next);
        this.nextArrival += (-Math.log(1 - this.random()) * 1_000) / perSecond;
      } else this.finish(end);
      this.send();
    }
    this.now = until;
    this.send();
  }

  vitals(id: string): InstanceVitals {
    const { now, inFlight, answered, busyMs, comparison } = this;
    const asking = this.flying.items.filter(({ work }) => work.asked).length;
    const oldest = this.flying.items.reduce((first, { sentAt }) => Math.min(first, sentAt), now);
    return instanceOf(id, { inFlight, asking, answered, busyMs, ...comparison, oldestMs: now - oldest });
  }

  private send(): void {
    while (this.queue.length > 0 && this.now - this.queue[0]! > this.patience) {
      this.outcomes.push({ came: this.queue.shift()!, latencyMs: Infinity, waitedMs: Infinity });
      this.shed++;
    }
    while (this.queue.length > 0 && this.inFlight < this.limit) {
      const asked = this.serviceMs();
      const work = typeof asked === 'number' ? { tool: 'work', ms: asked } : asked;
      const endsAt = (work.asked ? this.now : Math.max(this.now, this.free.pop())) + work.ms;
      if (!work.asked) this.free.push(endsAt);
      this.flying.push({ cameAt: this.queue.shift()!, sentAt: this.now, endsAt, work });
    }
  }

  private finish(end: number): void {
    const { cameAt, sentAt, work } = this.flying.pop();
    this.answered++;
    this.busyMs += end - sentAt;
    this.outcomes.push({ came: cameAt, latencyMs: end - cameAt, waitedMs: sentAt - cameAt });
    const free = this.limit === Infinity;
    if (!work.asked) this.latencies.note('tools/call', work.tool, end - sentAt, end, this.comparison, free);
  }

  private call(): void {
    while (this.inFlight + this.waiting < this.callers) {
      this.queue.push(this.now);
      this.send();
    }
  }
}
