import { Budget, Share } from '../../kernel/budget.js';
import { JsonRpcMessage, JsonRpcKind } from '../../kernel/json-rpc/message.js';

/** What is kept of a frame: its text, and enough to answer in its place. */
export interface Event {
  readonly sequence: number;
  readonly text: string;
  readonly kind: JsonRpcKind;
  readonly id: string;
}

export interface ReplayBufferLimits {
  events: number;
  /** Characters of JSON, close enough to bytes to bound memory. */
  bytes: number;
}

/** The last events of one stream, numbered from 1, for replay. What is over a limit, its own or all buffers', goes, oldest first. */
export class ReplayBuffer {
  private readonly events: Event[] = [];
  private readonly share: Share;
  private size = 0;
  private last = 0;

  constructor(
    private readonly limits: ReplayBufferLimits,
    private readonly budget: Budget,
    private readonly onEvict: (event: Event) => void,
  ) {
    this.share = budget.share();
  }

  get bytes(): number {
    return this.size;
  }

  /** Sequence of the newest event, 0 before the first. */
  get lastSequence(): number {
    return this.last;
  }

  append({ text, kind, id }: JsonRpcMessage): Event {
    const event = { sequence: ++this.last, text, kind, id };
    this.events.push(event);
    this.size += text.length;
    this.share.set(this.size);
    while (this.events.length > this.limits.events || (this.tooLarge && this.events.length > 1)) this.evict();
    return event;
  }

  /** Events after `sequence`, and how many of them are no longer held. */
  after(sequence: number): { missed: number; events: Event[] } {
    const events = this.events.filter(event => event.sequence > sequence);
    const first = events[0]?.sequence ?? this.last + 1;
    return { missed: Math.max(0, first - sequence - 1), events };
  }

  /** Nobody will ask for it any more. */
  clear(): void {
    this.events.length = 0;
    this.size = 0;
    this.share.set(0);
  }

  private get tooLarge(): boolean {
    return this.size > this.limits.bytes || this.budget.spent;
  }

  private evict(): void {
    const event = this.events.shift()!;
    this.size -= event.text.length;
    this.share.set(this.size);
    this.onEvict(event);
  }
}
