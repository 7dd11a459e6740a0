import { ServerResponse } from 'node:http';
import { Budget } from '../../kernel/budget.js';
import { CloseReason, closeRetry } from '../../kernel/ports/close-reason.js';
import { PushConnection } from '../../kernel/ports/push-connection.js';
import { EVENT_STREAM_HEADERS } from '../http/reply.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { SlowConsumer } from '../http/slow-consumer.js';

/** Milliseconds after which an EventSource comes back to a stream that broke off. */
const RETRY = 500;
/** The same for one that is not to come back: an EventSource cannot be told so without losing what it was sent. */
const NEVER = 3_600_000;
/** Milliseconds that a client has to take what was written before the end. */
const FAREWELL = 5_000;

/** The event stream of a native client. Nothing is sent before the first write, so that a refusal is an HTTP status. */
export class NativeStream extends PushConnection implements HeartbeatTarget {
  readonly transport = 'http_sse';
  private readonly slowConsumer: SlowConsumer;
  private nextBeat: number;
  private endBy = Infinity;

  /**
   * The first heartbeat comes at random in [T/2, T], so that streams that began at once do not all beat at once.
   * @param heartbeatInterval milliseconds
   */
  constructor(
    private readonly response: ServerResponse,
    private readonly heartbeatInterval: number,
    budget: Budget,
  ) {
    super();
    this.slowConsumer = new SlowConsumer(budget, Infinity);
    this.nextBeat = Date.now() + heartbeatInterval * (0.5 + Math.random() / 2);
    response.on('drain', () => this.drained());
    response.on('close', () => this.slowConsumer.note(0));
  }

  get attached(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  get buffered(): number {
    return this.response.writableLength;
  }

  /** Tells the client that it is in, if nothing has told it yet. */
  begin(): void {
    if (this.response.headersSent || !this.attached) return;
    this.response.writeHead(200, EVENT_STREAM_HEADERS);
    this.response.write(`retry: ${RETRY}\n\n`);
  }

  write(data: string | Uint8Array): void {
    if (!this.attached) return;
    this.begin();
    // Node joins the writes of one turn itself.
    this.response.write(data);
    this.slowConsumer.note(this.buffered);
  }

  close(reason: CloseReason): void {
    if (!this.attached) return;
    this.begin();
    this.endBy = Date.now() + FAREWELL;
    this.response.end(`retry: ${closeRetry(reason) ?? NEVER}\n\n`);
  }

  beat(now: number): void {
    if (now > this.endBy || this.slowConsumer.note(this.buffered)) return void this.response.destroy();
    if (now < this.nextBeat || !this.attached) return;
    this.nextBeat = now + this.heartbeatInterval;
    this.write(`event: heartbeat\ndata: {"timestamp":${now * 1_000}}\n\n`);
  }

  private drained(): void {
    this.slowConsumer.note(this.buffered);
    this.onDrain();
  }
}
