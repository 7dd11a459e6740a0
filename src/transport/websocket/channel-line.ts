import { ChannelProtocol, Talk } from '../../kernel/feed.js';
import { GatewayError } from '../../kernel/errors.js';
import { Beating, KeepAlive } from '../keep-alive.js';
import { Line } from './line.js';
import { errorFrame } from './error-frame.js';
import { SocketFeed } from './socket-feed.js';

export interface ChannelLimits {
  /** Bytes of a frame. */
  maxChannelFrame: number;
  /** Milliseconds that a connection may be without a session. */
  handshakeTimeout: number;
}

/** Bytes of answers that may wait for a client before nothing more is read of it. */
const MAX_UNREAD = 1024 * 1024;

/** Frames of one client that are taken before others have their turn. */
const TURN = 256;

/** A socket that speaks native or Phoenix. */
export class ChannelLine extends Line implements Beating {
  private frames = 0;
  /** What has come and is not taken yet: one read from a socket may hold thousands of frames. */
  private backlog: (string | Buffer)[] | undefined;
  private left: { abnormal: boolean } | undefined;

  /** @param apartSince milliseconds since the epoch, since when it belongs to no session */
  constructor(
    private readonly protocol: ChannelProtocol,
    private readonly talk: Talk,
    private readonly feed: SocketFeed,
    private readonly limits: ChannelLimits,
    private apartSince: number,
    private readonly wheel: KeepAlive,
  ) {
    super();
    wheel.add(this);
  }

  receive(data: Buffer, isBinary: boolean): void {
    this.feed.heard();
    if (data.length > this.limits.maxChannelFrame) return this.feed.refuseSize();
    const frame = isBinary ? data : data.toString('utf8');
    if (this.backlog) return void this.backlog.push(frame);
    this.take(frame);
    if (++this.frames % TURN > 0) return;
    this.backlog = [];
    this.feed.rest();
    setImmediate(goOn, this);
  }

  /** Takes some of what has come; then others have their turn again. */
  goOn(): void {
    for (const frame of this.backlog?.splice(0, TURN) ?? []) this.take(frame);
    if (this.backlog && this.backlog.length > 0) return void setImmediate(goOn, this);
    this.backlog = undefined;
    if (this.left) this.talk.gone(this.left.abnormal);
    else this.feed.goOn();
  }

  /** Its client has named itself in the URL and says nothing. */
  hello(): void {
    this.talk.joinByArrival();
  }

  override pong(): void {
    this.feed.heard();
  }

  gone(abnormal = false): void {
    this.wheel.delete(this);
    this.feed.end();
    this.left = { abnormal };
    if (!this.backlog) this.talk.gone(abnormal);
  }

  beat(now: number): void {
    this.feed.beat(now);
    if (this.talk.joined) this.apartSince = now;
    else if (now - this.apartSince > this.limits.handshakeTimeout && this.feed.attached) this.giveUp();
  }

  private take(frame: string | Buffer): void {
    void this.talk.receive(frame);
    if (this.feed.buffered > MAX_UNREAD) this.feed.hold();
  }

  private giveUp(): void {
    if (this.protocol === 'native') this.feed.write(errorFrame(new GatewayError('handshake_timeout')));
    this.feed.close('refused');
  }
}

function goOn(line: ChannelLine): void {
  line.goOn();
}
