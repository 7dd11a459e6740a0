import { SocketHandler } from './socket-handler.js';

/** Milliseconds that nothing is read of a client at a time: its pings and its goodbye come to be seen in between. */
const AT_A_TIME = 1_000;
/** Frames of a client that may wait before nothing more is read of it. */
const FEW = 16;
/** Characters or bytes that they may have together. */
const SHORT = 64 * 1024;
/** Frames of one client that are taken before others have their turn. */
const TURN = 256;

/**
 * A line that lets frames wait: where many came in one read, until others had their turn; where its client is held and
 * over its rate, until it is not. What has come stays in order. Nothing is answered while it waits: a client that is held
 * is slowed down by its own socket.
 */
export abstract class ReadThrottle<F extends string | Buffer> extends SocketHandler {
  private taken = 0;
  /** What has come and is not taken yet: one read from a socket may hold thousands of frames. */
  private backlog: F[] | undefined;
  /** Its length in characters or bytes. */
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private left: { abnormal: boolean } | undefined;

  /** Milliseconds for which the client is to be held; 0 if it is not. */
  protected abstract holdFor(): number;
  protected abstract take(frame: F): void;
  /** Nothing is read, or reading goes on. */
  protected abstract pause(): void;
  protected abstract resume(): void;
  /** Not read is not dead: called now and then while the client is held. */
  protected abstract excuse(): void;
  /** The socket is closed, and nothing waits any more. */
  protected abstract over(abnormal: boolean): void;

  protected come(frame: F): void {
    if (this.backlog) return this.wait(frame, this.backlog);
    const ms = this.holdFor();
    if (ms > 0) {
      this.backlog = [frame];
      this.size = frame.length;
      return this.hold(ms);
    }
    this.take(frame);
    if (++this.taken % TURN > 0) return;
    this.backlog = [];
    this.size = 0;
    this.pause();
    setImmediate(goOn, this);
  }

  /** Takes some of what has come; then others have their turn again. */
  goOn(): void {
    this.timer = undefined;
    if (!this.backlog) return;
    const ms = this.takeSome(this.backlog);
    if (ms > 0) return this.hold(ms);
    if (this.backlog.length > 0) return void setImmediate(goOn, this);
    this.backlog = undefined;
    if (this.left) this.over(this.left.abnormal);
    else this.resume();
  }

  gone(abnormal = false): void {
    this.left = { abnormal };
    // What a client sent beyond its rate before it left would have to wait for nobody.
    if (this.timer) this.drop();
    if (!this.backlog) this.over(abnormal);
  }

  /** @returns milliseconds for which the rest has to wait */
  private takeSome(backlog: F[]): number {
    let count = 0;
    let ms = 0;
    while (count < Math.min(TURN, backlog.length) && (ms = this.holdFor()) === 0) this.take(backlog[count++]!);
    for (const { length } of backlog.splice(0, count)) this.size -= length;
    return ms;
  }

  private wait(frame: F, backlog: F[]): void {
    backlog.push(frame);
    this.size += frame.length;
    if (this.timer && this.isFull(backlog)) this.pause();
  }

  private hold(ms: number): void {
    if (this.left) {
      this.drop();
      return this.over(this.left.abnormal);
    }
    this.excuse();
    this.timer = setTimeout(goOn, Math.min(ms, AT_A_TIME), this).unref();
    if (this.isFull(this.backlog!)) this.pause();
    else this.resume();
  }

  private isFull({ length }: F[]): boolean {
    return length >= FEW || this.size > SHORT;
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.timer = this.backlog = undefined;
  }
}

function goOn(socketHandler: { goOn(): void }): void {
  socketHandler.goOn();
}
