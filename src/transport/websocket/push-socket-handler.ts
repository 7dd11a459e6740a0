import { PushProtocol, PushReceiver } from '../../kernel/ports/push-connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { HeartbeatTarget, HeartbeatTimer } from '../http/heartbeat-timer.js';
import { errorFrame } from './error-frame.js';
import { ReadThrottle } from './read-throttle.js';
import { PushSocket } from './push-socket.js';

export interface PushLimits {
  /** Bytes of a frame. */
  maxChannelFrame: number;
  /** Milliseconds that a connection may be without a session. */
  handshakeTimeout: number;
}

/** Bytes of answers that may wait for a client before nothing more is read of it. */
const MAX_UNREAD = 1024 * 1024;

/** A socket that speaks native or Phoenix. */
export class PushSocketHandler extends ReadThrottle<string | Buffer> implements HeartbeatTarget {
  /** @param apartSince milliseconds since the epoch, since when it belongs to no session */
  constructor(
    private readonly protocol: PushProtocol,
    private readonly receiver: PushReceiver,
    private readonly pushConnection: PushSocket,
    private readonly limits: PushLimits,
    private apartSince: number,
    private readonly wheel: HeartbeatTimer,
  ) {
    super();
    wheel.add(this);
  }

  receive(data: Buffer, isBinary: boolean): void {
    this.pushConnection.heard();
    if (data.length > this.limits.maxChannelFrame) return this.pushConnection.refuseSize();
    this.come(isBinary ? data : data.toString('utf8'));
  }

  /** Its client has named itself in the URL and says nothing. */
  joinRequest(): void {
    this.receiver.joinByArrival();
  }

  override pong(): void {
    this.pushConnection.heard();
  }

  override gone(abnormal = false): void {
    this.wheel.delete(this);
    this.pushConnection.end();
    super.gone(abnormal);
  }

  beat(now: number): void {
    this.pushConnection.beat(now);
    if (this.receiver.joined) this.apartSince = now;
    else if (now - this.apartSince > this.limits.handshakeTimeout && this.pushConnection.attached) this.giveUp();
  }

  protected take(frame: string | Buffer): void {
    void this.receiver.receive(frame);
    if (this.pushConnection.buffered > MAX_UNREAD) this.pushConnection.hold();
  }

  protected holdFor(): number {
    return this.receiver.holdFor();
  }

  protected pause(): void {
    this.pushConnection.rest();
  }

  protected resume(): void {
    this.pushConnection.goOn();
  }

  protected excuse(): void {
    this.pushConnection.heard();
  }

  protected over(abnormal: boolean): void {
    this.receiver.gone(abnormal);
  }

  private giveUp(): void {
    if (this.protocol === 'native') this.pushConnection.write(errorFrame(new GatewayError('handshake_timeout')));
    this.pushConnection.close('refused');
  }
}
