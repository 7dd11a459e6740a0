import { ServerResponse } from 'node:http';
import { Budget } from '../../kernel/budget.js';
import { CloseReason } from '../../kernel/ports/close-reason.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { ReplayBufferLimits } from './replay-buffer.js';
import { EventStream, StreamOwner } from './event-stream.js';

/** Milliseconds an answer may take to come as plain JSON; from then on, or on the first other message, it is a stream. */
const JSON_GRACE = 50;

/**
 * What answers one POST. Most calls are answered at once and by nothing but their result: those get one JSON body.
 * Everything else gets an event stream, which begins with an event id so that it can be resumed from its first moment.
 */
export class PostResponse extends EventStream {
  private readonly waiting: Set<string>;
  private undecided: ServerResponse | undefined;
  private timer: NodeJS.Timeout | undefined;
  private streaming = false;

  private readonly handshake: boolean;

  /**
   * @param requests the frames of the POST that want an answer
   * @param handshake an `initialize`: always one JSON body, because only its result makes the session known
   */
  constructor(
    owner: StreamOwner,
    limits: ReplayBufferLimits,
    budget: Budget,
    response: ServerResponse,
    { requests, handshake }: { requests: readonly JsonRpcMessage[]; handshake: boolean },
    private readonly onFinish: (stream: PostResponse) => void,
  ) {
    super(owner, limits, budget);
    this.handshake = handshake;
    this.waiting = new Set(requests.map(frame => frame.id));
    this.undecided = response;
    response.on('close', () => this.gone());
    if (handshake) return;
    if (requests.length > 1) this.begin();
    else this.timer = setTimeout(() => this.begin(), JSON_GRACE);
  }

  /** Whether it ever was an event stream: only then can a client know it by an event id. */
  get begun(): boolean {
    return this.streaming;
  }

  override get attached(): boolean {
    return super.attached || this.undecided !== undefined;
  }

  override send(frame: JsonRpcMessage): void {
    if (this.undecided && frame.kind === 'response' && this.waiting.has(frame.id)) return this.answerPlainly(frame);
    this.begin();
    super.send(frame);
    if (frame.kind === 'response') this.settle(frame.id);
  }

  /** Ends the stream without an answer once nothing else is waited for. */
  override forget(id: string): void {
    this.begin();
    this.settle(id);
  }

  override close(reason: CloseReason): void {
    this.begin();
    super.close(reason);
  }

  /** Decides for an event stream. */
  private begin(): void {
    const { undecided } = this;
    if (!undecided) return;
    this.decide();
    this.streaming = true;
    this.attach(undecided);
  }

  private answerPlainly(frame: JsonRpcMessage): void {
    const response = this.undecided!;
    this.decide();
    this.waiting.delete(frame.id);
    const headers: Record<string, string | number> = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(frame.text),
    };
    if (!this.handshake || !frame.isError) headers['mcp-session-id'] = this.owner.sessionId;
    response.writeHead(200, headers).end(frame.text);
    this.owner.sent();
    this.noteSent(frame);
    this.onFinish(this);
  }

  private settle(id: string): void {
    if (!this.waiting.delete(id) || this.waiting.size > 0) return;
    this.end();
    this.onFinish(this);
  }

  /** The client left before anything was sent: it knows no event id, so nobody can come back for the answer. */
  private gone(): void {
    if (!this.undecided) return;
    this.decide();
    if (this.handshake) this.owner.left();
  }

  private decide(): void {
    clearTimeout(this.timer);
    this.undecided = undefined;
  }
}
