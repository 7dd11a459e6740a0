import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { Budget } from '../../kernel/budget.js';
import { CloseReason, closeCode } from '../../kernel/ports/close-reason.js';
import { PushConnection } from '../../kernel/ports/push-connection.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { SlowConsumer } from '../http/slow-consumer.js';

export interface Heartbeat {
  /** Milliseconds between pings. */
  pingInterval: number;
  /** Milliseconds that the answer to one may take. */
  pongTimeout: number;
}

/** Bytes below which nobody waits for the socket to drain, so that nothing has to be told when it does. */
const LOW = 64 * 1024;

/** A WebSocket that takes what a native or Phoenix client is to get. */
export class PushSocket extends PushConnection implements HeartbeatTarget {
  readonly transport = 'websocket';
  private readonly slowConsumer: SlowConsumer;
  private nextPing: number;
  private pongDue = Infinity;
  /** When a client is given up of which nothing is read until it takes what it is owed; 0 while it is read. */
  private heldUntil = 0;
  private resting = false;
  /** Made for the first write that has to wait: most sockets never have one. */
  private onTaken: (() => void) | undefined;

  /**
   * The first ping comes at random in [T/2, T], so that a thousand reconnects are not a thousand pings at once.
   * @param raw the socket below, to join writes
   */
  constructor(
    private readonly socket: WebSocket,
    private readonly raw: Duplex,
    private readonly heartbeat: Heartbeat,
    budget: Budget,
  ) {
    super();
    this.slowConsumer = new SlowConsumer(budget, Infinity);
    this.nextPing = Date.now() + heartbeat.pingInterval * (0.5 + Math.random() / 2);
  }

  get attached(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  write(data: string | Uint8Array): void {
    if (!this.attached) return;
    this.joinWrites();
    if (this.buffered + data.length > LOW) this.socket.send(data, (this.onTaken ??= () => this.taken()));
    else this.socket.send(data);
    this.slowConsumer.note(this.buffered);
  }

  close(reason: CloseReason): void {
    this.socket.close(closeCode(reason), reason);
  }

  /** A frame beyond the limit (RFC 6455 §7.4.1, 1009). */
  refuseSize(): void {
    this.socket.close(1009, 'frame_too_large');
  }

  /**
   * RFC 6455 §5.5.2: a peer that does not answer a ping in time is gone. One that we do not read cannot answer: it has as
   * long to take what it is owed.
   */
  beat(now: number): void {
    const late = now > (this.heldUntil || this.pongDue);
    if (late || this.slowConsumer.note(this.buffered)) return void this.socket.terminate();
    if (now < this.nextPing || !this.attached) return;
    this.nextPing = now + this.heartbeat.pingInterval;
    if (this.pongDue === Infinity) this.pongDue = now + this.heartbeat.pongTimeout;
    this.socket.ping();
  }

  /** The peer is alive: it has answered, or says something, behind which its answer may have to wait. */
  heard(): void {
    this.pongDue = Infinity;
  }

  /** Reads nothing more of a client that does not take its answers. */
  hold(): void {
    this.heldUntil ||= Date.now() + this.heartbeat.pingInterval + this.heartbeat.pongTimeout;
    this.socket.pause();
  }

  /** Reads nothing more until what was read has been taken. */
  rest(): void {
    this.resting = true;
    this.socket.pause();
  }

  goOn(): void {
    this.resting = false;
    if (this.heldUntil === 0) this.socket.resume();
  }

  /** The socket is closed. */
  end(): void {
    this.slowConsumer.note(0);
  }

  private taken(): void {
    this.slowConsumer.note(this.buffered);
    if (this.buffered > LOW || !this.attached) return;
    if (this.heldUntil > 0) {
      this.heldUntil = 0;
      this.pongDue = Infinity;
      if (!this.resting) this.socket.resume();
    }
    this.onDrain();
  }

  /** What is written in one turn of the event loop goes out in one system call. */
  private joinWrites(): void {
    if (this.raw.writableCorked > 0) return;
    this.raw.cork();
    process.nextTick(uncork, this.raw);
  }
}

function uncork(raw: Duplex): void {
  raw.uncork();
}
