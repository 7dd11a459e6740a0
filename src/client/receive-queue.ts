import { Envelope, Gap, Position } from './protocol.js';

type Item = { position: Position; envelope: Envelope } | { position: Position; gap: Gap };

export interface ReceiveQueueEvents {
  /** Whether somebody listens: until then messages wait. */
  ready(): boolean;
  /** Fulfilled when the application is done with it; never rejected. */
  message(envelope: Envelope): Promise<void>;
  gap(gap: Gap): Promise<void>;
  dispatched(position: Position, message: boolean): void;
  /** There is room again after `full` was true. */
  room(): void;
}

/** What was taken and not yet dispatched: strictly one after another, gaps where they belong between messages. */
export class ReceiveQueue {
  private items: Item[] = [];
  private running = false;
  private closed = false;
  private overflowed = false;

  /** @param limit of items */
  constructor(
    private readonly limit: number,
    private readonly events: ReceiveQueueEvents,
  ) {}

  /** Whether nothing can be taken now. From the first refusal on, until half of it is free. */
  refuses(): boolean {
    this.overflowed ||= this.items.length >= this.limit;
    return this.overflowed;
  }

  add(item: Item): void {
    if (this.closed) return;
    this.items.push(item);
    this.pump();
  }

  /** Goes on, if there is something to dispatch and somebody to dispatch it to. */
  pump(): void {
    if (!this.running) void this.run();
  }

  close(): void {
    this.closed = true;
    this.items = [];
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let item = this.first(); item; item = this.first()) {
      if ('gap' in item) await this.events.gap(item.gap);
      else await this.events.message(item.envelope);
      if (this.closed) break;
      this.items.shift();
      this.events.dispatched(item.position, 'envelope' in item);
      if (this.overflowed && this.items.length <= this.limit / 2) {
        this.overflowed = false;
        this.events.room();
      }
    }
    this.running = false;
  }

  private first(): Item | undefined {
    const item = this.items[0];
    return item && ('gap' in item || this.events.ready()) ? item : undefined;
  }
}
