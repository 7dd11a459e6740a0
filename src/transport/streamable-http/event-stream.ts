import { ServerResponse } from 'node:http';
import { Budget } from '../../kernel/budget.js';
import { CloseReason, closeRetry } from '../../kernel/ports/close-reason.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { shortId } from '../../kernel/ids.js';
import { EVENT_STREAM_HEADERS } from '../http/reply.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { SlowConsumer } from '../http/slow-consumer.js';
import { Event, ReplayBuffer, ReplayBufferLimits } from './replay-buffer.js';

/** What a stream tells the session it belongs to. */
export interface StreamOwner {
  readonly sessionId: string;
  /** Whether the server declared `logging`, so that a log notification may be sent. */
  readonly mayLog: boolean;
  /** Whether a stream begins with an empty event: clients before 2025-11-25 cannot read one. */
  readonly mayPrime: boolean;
  /** Messages the gateway sends in the client's place: answers to questions it will never see. */
  answerFor(frame: JsonRpcMessage): void;
  /** The client of a handshake went away before it was answered. */
  left(): void;
  opened(stream: EventStream): void;
  dropped(stream: EventStream): void;
  /** Its client went on where it broke off. */
  resumed(replayed: number, missed: number): void;
  sent(): void;
}

/**
 * An SSE stream that outlives its sockets (MCP 2025-11-25, resumability): every event has an id made of the stream's
 * key and its sequence, the last events are kept, and a GET with `Last-Event-ID` goes on where a socket broke off.
 */
export class EventStream extends Connection implements HeartbeatTarget {
  readonly transport = 'streamable_http';
  private ownKey: string | undefined;
  private response: ServerResponse | undefined;
  private readonly log: ReplayBuffer;
  private readonly slowConsumer: SlowConsumer;
  private written = 0;
  /** Questions that were written to a socket and are no longer held; bounded like the log. */
  private doubtful: Event[] = [];

  constructor(
    protected readonly owner: StreamOwner,
    private readonly limits: ReplayBufferLimits,
    budget: Budget,
  ) {
    super();
    this.log = new ReplayBuffer(limits, budget, event => this.evicted(event));
    this.slowConsumer = new SlowConsumer(budget);
  }

  /** Made when first asked for: an answer in plain JSON never needs it, and random bytes are dear. */
  get key(): string {
    return (this.ownKey ??= shortId());
  }

  get attached(): boolean {
    return this.response !== undefined;
  }

  get buffered(): number {
    return this.response?.writableLength ?? 0;
  }

  get bytes(): number {
    return this.log.bytes;
  }

  /** Whether it is one that a client listens on, and not the answer to a POST. */
  protected readonly lasting: boolean = false;

  /** Whether events with a higher sequence were sent. */
  hasAfter(sequence: number): boolean {
    return this.log.lastSequence > sequence;
  }

  /** Ends the socket, once everything has been written to it. */
  end(): void {
    this.detach();
  }

  /**
   * Serves this stream from a new socket; one that still hangs on is let go.
   * @param lastSequence how far the client says it got; without it, what no socket took yet is sent
   */
  attach(response: ServerResponse, lastSequence?: number): void {
    this.detach();
    if (response.destroyed) return;
    this.response = response;
    response.writeHead(200, { ...EVENT_STREAM_HEADERS, 'mcp-session-id': this.owner.sessionId });
    response.flushHeaders();
    response.on('close', () => this.lost(response));
    response.on('drain', () => this.slowConsumer.note(this.buffered));
    this.owner.opened(this);
    if (lastSequence === undefined && this.owner.mayPrime) response.write(`id: ${this.key}.0\ndata: \n\n`);
    if (lastSequence !== undefined) this.resolveDoubts(lastSequence);
    else if (this.lasting) this.clientJournal?.note({ event: 'connected', transport: this.transport });
    this.replay(lastSequence ?? this.written, lastSequence !== undefined);
  }

  send(frame: JsonRpcMessage): void {
    const event = this.log.append(this.fitting(frame));
    this.owner.sent();
    this.noteSent(frame);
    this.write(event.sequence, frame.text);
  }

  forget(_id: string): void {}

  close(reason: CloseReason): void {
    const retry = closeRetry(reason);
    if (retry !== null) this.response?.write(`retry: ${retry}\n\n`);
    this.detach();
  }

  /** Nobody can come back for what was sent. */
  discard(): void {
    this.log.clear();
  }

  beat(): void {
    const { response } = this;
    if (response && this.slowConsumer.note(response.writableLength)) this.drop(response);
    else response?.write(': keep-alive\n\n');
  }

  private drop(response: ServerResponse): void {
    this.lost(response);
    response.destroy();
  }

  private detach(): void {
    const { response } = this;
    this.response = undefined;
    if (!response) return;
    this.slowConsumer.note(0);
    response.end();
    this.owner.dropped(this);
  }

  private lost(response: ServerResponse): void {
    if (this.response !== response) return;
    this.response = undefined;
    this.slowConsumer.note(0);
    this.owner.dropped(this);
    this.clientJournal?.note({ event: 'disconnected', transport: this.transport, how: 'broken' });
  }

  private replay(lastSequence: number, resumed: boolean): void {
    const { missed, events } = this.log.after(lastSequence);
    if (resumed) this.noteReplay(events.length, missed);
    if (missed > 0) this.tellGap(missed);
    for (const { sequence, text } of events) this.write(sequence, text);
  }

  private noteReplay(replayed: number, missed: number): void {
    const { transport } = this;
    this.owner.resumed(replayed, missed);
    this.clientJournal?.note({ event: 'resumed', transport, replayed });
    if (missed > 0) this.clientJournal?.note({ event: 'gap', transport, lost: missed });
  }

  private write(sequence: number, text: string): void {
    const { response } = this;
    if (!response) return;
    // A client that does not read loses its socket, and may come back for what the log holds.
    if (this.slowConsumer.note(response.writableLength)) return this.drop(response);
    this.written = Math.max(this.written, sequence);
    response.write(`id: ${this.key}.${sequence}\ndata: ${text}\n\n`);
    this.slowConsumer.note(response.writableLength);
  }

  /** The client learns that events are missing: by a log message where the server declared logging, and a comment. */
  private tellGap(missed: number): void {
    this.response!.write(`: gap, ${missed} events are no longer held\n\n`);
    if (!this.owner.mayLog) return;
    const message = `${missed} messages were sent while the client was away and are no longer held for replay.`;
    const params = { level: 'warning', logger: 'viable', data: { error: 'gap', missed, message } };
    this.response!.write(`data: ${JsonRpcMessage.of({ method: 'notifications/message', params }).text}\n\n`);
  }

  /** A question that nobody can see any more would keep the unit waiting for ever. */
  private evicted(event: Event): void {
    if (event.kind !== 'request') return;
    if (event.sequence > this.written) return this.giveUp(event);
    this.doubtful.push(event);
    if (this.doubtful.length > this.limits.events) this.doubtful.shift();
  }

  /** Where the client says how far it got, it says which questions it never saw. */
  private resolveDoubts(lastSequence: number): void {
    const { doubtful } = this;
    this.doubtful = [];
    for (const event of doubtful) if (event.sequence > lastSequence) this.giveUp(event);
  }

  private giveUp({ id }: Event): void {
    this.owner.answerFor(JsonRpcMessage.error(id, new GatewayError('replay_overrun')));
  }

  /** What is kept for replay of a frame larger than the whole log: for an answer an error, so that its call ends. */
  private fitting(frame: JsonRpcMessage): JsonRpcMessage {
    if (frame.text.length <= this.limits.bytes || frame.kind !== 'response' || this.attached) return frame;
    return JsonRpcMessage.error(frame.id, new GatewayError('replay_overrun'));
  }
}
