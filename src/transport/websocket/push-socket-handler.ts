import { ChannelProtocol, Talk } from '../../kernel/ports/push-connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { Beating, KeepAlive } from '../http/heartbeat-timer.js';
import { errorFrame } from './error-frame.js';
import { PatientLine } from './read-throttle.js';
import { SocketFeed } from './push-socket.js';

export interface ChannelLimits {
  /** Bytes of a frame. */
  maxChannelFrame: number;
  /** Milliseconds that a connection may be without a session. */
  handshakeTimeout: number;
}

/** Bytes of answers that may wait for a client before nothing more is read of it. */
const MAX_UNREAD = 1024 * 1024;

/** A socket that speaks native or Phoenix. */
export class ChannelLine extends PatientLine<string | Buffer> implements Beating {
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
    this.come(isBinary ? data : data.toString('utf8'));
  }

  /** Its client has named itself in the URL and says nothing. */
  hello(): void {
    this.talk.joinByArrival();
  }

  override pong(): void {
    this.feed.heard();
  }

  override gone(abnormal = false): void {
    this.wheel.delete(this);
    this.feed.end();
    super.gone(abnormal);
  }

  beat(now: number): void {
    this.feed.beat(now);
    if (this.talk.joined) this.apartSince = now;
    else if (now - this.apartSince > this.limits.handshakeTimeout && this.feed.attached) this.giveUp();
  }

  protected take(frame: string | Buffer): void {
    void this.talk.receive(frame);
    if (this.feed.buffered > MAX_UNREAD) this.feed.hold();
  }

  protected holdFor(): number {
    return this.talk.holdFor();
  }

  protected pause(): void {
    this.feed.rest();
  }

  protected resume(): void {
    this.feed.goOn();
  }

  protected excuse(): void {
    this.feed.heard();
  }

  protected over(abnormal: boolean): void {
    this.talk.gone(abnormal);
  }

  private giveUp(): void {
    if (this.protocol === 'native') this.feed.write(errorFrame(new GatewayError('handshake_timeout')));
    this.feed.close('refused');
  }
}
