import { ServerResponse } from 'node:http';
import { Budget } from '../../kernel/budget.js';
import { CloseReason } from '../../kernel/ports/close-reason.js';
import { PushConnection } from '../../kernel/ports/push-connection.js';
import { SlowConsumer } from '../http/slow-consumer.js';
import { replyStatus } from './status.js';

/** Reasons for which a client that comes back would only be sent away again. */
const FINAL = new Set<CloseReason>(['refused', 'replaced', 'done', 'unsupported_data']);

/** Holds what a Phoenix client is to get until it asks the next time. */
export class LongpollConnection extends PushConnection {
  readonly transport = 'http_sse';
  private messages: string[] = [];
  private bytes = 0;
  private readonly slowConsumer: SlowConsumer;
  /** The request that waits for messages. */
  private poll: ServerResponse | undefined;
  /** The last one that was answered, as long as the client has not taken the answer. */
  private last: ServerResponse | undefined;
  private closed: CloseReason | undefined;
  private farewellSaid = false;
  private pollSince = 0;
  /** When the client was heard of last, milliseconds since the epoch. */
  private seenAt = Date.now();
  private flushing = false;

  constructor(
    private readonly token: string,
    budget: Budget,
  ) {
    super();
    this.slowConsumer = new SlowConsumer(budget, Infinity);
  }

  get attached(): boolean {
    return this.closed === undefined;
  }

  get buffered(): number {
    return this.bytes;
  }

  /** Whether the client has been told that it is closed. */
  get done(): boolean {
    return this.farewellSaid;
  }

  write(data: string | Uint8Array): void {
    if (!this.attached) return;
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('base64');
    this.messages.push(text);
    this.hold(this.bytes + text.length);
    this.flush();
  }

  close(reason: CloseReason): void {
    this.closed ??= reason;
    this.flush();
  }

  /** Answers when there is something to say; one that waited already is let go. */
  wait(response: ServerResponse): void {
    if (this.poll) replyStatus(this.poll, 204, { token: this.token, messages: [] });
    this.seen();
    this.pollSince = this.seenAt;
    this.poll = response;
    response.once('close', () => this.lost(response));
    if (this.messages.length > 0 || this.closed) this.answer();
  }

  seen(): void {
    this.seenAt = Date.now();
  }

  /** Milliseconds for which nobody has asked, 0 while somebody waits. */
  idleFor(now: number): number {
    return this.poll ? 0 : now - this.seenAt;
  }

  /** @returns whether somebody has been waiting for longer than this */
  waitsFor(ms: number, now: number): boolean {
    return this.poll !== undefined && now - this.pollSince >= ms;
  }

  /** Answers whoever waits with all there is, be it nothing. */
  answer(): void {
    const { poll, messages } = this;
    if (!poll) return;
    this.poll = undefined;
    this.seen();
    this.last = poll;
    if (messages.length === 0) return this.answerEmpty(poll);
    this.messages = [];
    this.hold(0);
    replyStatus(poll, 200, { token: this.token, messages });
    this.onDrain();
  }

  /** Whether too much is held of what nobody takes, while all buffers together are over their limit. */
  get stuck(): boolean {
    return this.slowConsumer.note(this.bytes);
  }

  /** Nobody will ask any more; whoever waits is told to begin anew. */
  end(): void {
    this.closed ??= 'draining';
    this.messages = [];
    this.hold(0);
    this.answer();
  }

  /** An answer that the client does not take is thrown away. */
  cut(): void {
    this.last?.destroy();
  }

  /** A client that has a token takes 410 for the end of its session, and begins anew; 403 for a refusal. */
  private answerEmpty(poll: ServerResponse): void {
    const farewell = this.closed && (FINAL.has(this.closed) ? 403 : 410);
    this.farewellSaid = farewell !== undefined;
    replyStatus(poll, farewell ?? 204, { token: this.token, messages: [] });
  }

  private lost(response: ServerResponse): void {
    if (this.poll === response) this.poll = undefined;
    if (this.last === response) this.last = undefined;
    this.seen();
  }

  private hold(bytes: number): void {
    this.bytes = bytes;
    this.slowConsumer.note(bytes);
  }

  /** What is written in one turn of the event loop goes out in one answer. */
  private flush(): void {
    if (this.flushing || !this.poll) return;
    this.flushing = true;
    process.nextTick(() => {
      this.flushing = false;
      if (this.messages.length > 0 || this.closed) this.answer();
    });
  }
}
