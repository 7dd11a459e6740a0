import { ServerResponse } from 'node:http';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { SessionHandle } from '../../kernel/ports/mcp-inbound.js';
import { Budget } from '../../kernel/budget.js';
import { CloseReason } from '../../kernel/ports/close-reason.js';
import { ReplayBufferLimits } from './replay-buffer.js';
import { EventStream, StreamOwner } from './event-stream.js';
import { PostResponse } from './post-response.js';

/** What the streams of a session need from their door. */
export interface SessionStreamsHost {
  limits: ReplayBufferLimits;
  budget: Budget;
  answerFor(session: SessionHandle, frame: JsonRpcMessage, via: EventStream): void;
  opened(stream: EventStream): void;
  dropped(stream: EventStream): void;
  /** The client went away before it knew its session. */
  left(session: SessionHandle): void;
  resumed(replayed: number, missed: number): void;
  sent(): void;
}

const EVENT_ID = /^([\w-]+)\.(\d{1,15})$/;

/** The streams of one session: the one that GET listens on, and one for each POST that is not answered yet. */
export class SessionStreams implements StreamOwner {
  readonly home: EventStream;
  session: SessionHandle | undefined;
  private readonly posts = new Set<PostResponse>();
  /** Answered streams, kept while together they fit the replay limit: the end may not have reached the client. */
  private readonly finished = new Map<string, PostResponse>();

  constructor(private readonly host: SessionStreamsHost) {
    this.home = new HomeStream(this, host, reason => this.end(reason));
  }

  get sessionId(): string {
    return this.session!.id;
  }

  get mayLog(): boolean {
    return this.session?.mayLog ?? false;
  }

  get mayPrime(): boolean {
    return (this.session?.protocolVersion ?? '') >= '2025-11-25';
  }

  post(response: ServerResponse, requests: readonly JsonRpcMessage[], handshake: boolean): PostResponse {
    const { limits, budget } = this.host;
    const stream = new PostResponse(this, limits, budget, response, { requests, handshake }, done => this.finish(done));
    this.posts.add(stream);
    return stream;
  }

  /**
   * Goes on with the stream that `Last-Event-ID` names.
   * @throws GatewayError `invalid_request`, `replay_overrun` when the stream is no longer held
   */
  resume(lastEventId: string, response: ServerResponse): void {
    const [, key, sequence] = EVENT_ID.exec(lastEventId) ?? [];
    if (key === undefined) throw new GatewayError('invalid_request', 'Last-Event-ID is not an id of this gateway.');
    const done = this.finished.get(key);
    if (done?.hasAfter(Number(sequence)) === false) return void response.writeHead(204).end();
    const stream = key === this.home.key ? this.home : ([...this.posts].find(post => post.key === key) ?? done);
    if (!stream) throw new GatewayError('replay_overrun', 'This stream is no longer held for replay.');
    stream.attach(response, Number(sequence));
    if (done) done.end();
  }

  answerFor(frame: JsonRpcMessage): void {
    if (this.session) this.host.answerFor(this.session, frame, this.home);
  }

  opened(stream: EventStream): void {
    this.host.opened(stream);
  }

  dropped(stream: EventStream): void {
    this.host.dropped(stream);
  }

  left(): void {
    if (this.session) this.host.left(this.session);
  }

  resumed(replayed: number, missed: number): void {
    this.host.resumed(replayed, missed);
  }

  sent(): void {
    this.host.sent();
  }

  private finish(stream: PostResponse): void {
    this.posts.delete(stream);
    if (!stream.begun) return stream.discard();
    this.finished.set(stream.key, stream);
    let bytes = 0;
    for (const kept of this.finished.values()) bytes += kept.bytes;
    for (const [key, kept] of this.finished) {
      if (bytes <= this.host.limits.bytes && this.finished.size <= this.host.limits.events) return;
      bytes -= kept.bytes;
      kept.discard();
      this.finished.delete(key);
    }
  }

  private end(reason: CloseReason): void {
    for (const stream of this.posts) stream.close(reason);
    for (const stream of [this.home, ...this.posts, ...this.finished.values()]) stream.discard();
    this.posts.clear();
    this.finished.clear();
  }
}

/** The stream a session lives by: when it is closed, so are the others. */
class HomeStream extends EventStream {
  protected override readonly lasting = true;

  constructor(
    owner: StreamOwner,
    { limits, budget }: SessionStreamsHost,
    private readonly onClose: (reason: CloseReason) => void,
  ) {
    super(owner, limits, budget);
  }

  override close(reason: CloseReason): void {
    super.close(reason);
    this.onClose(reason);
  }
}
