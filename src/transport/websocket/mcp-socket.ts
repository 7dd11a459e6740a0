import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { Budget } from '../../kernel/budget.js';
import { CloseReason, closeCode } from '../../kernel/ports/close-reason.js';
import { Connection } from '../../kernel/ports/connection.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { SlowConsumer } from '../http/slow-consumer.js';

/** A WebSocket that serves one session; it exists before its socket does, so that a session can refuse the upgrade. */
export class McpSocket extends Connection implements HeartbeatTarget {
  readonly transport = 'websocket';
  private readonly slowConsumer: SlowConsumer;
  private socket: WebSocket | undefined;
  private nextPing = 0;
  private pongDue = Infinity;

  constructor(
    private readonly heartbeat: { pingInterval: number; pongTimeout: number },
    private readonly onSent: () => void,
    /** The socket below, to join writes. */
    private readonly raw: Duplex,
    budget: Budget,
  ) {
    super();
    this.slowConsumer = new SlowConsumer(budget);
  }

  get attached(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get buffered(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** The first ping comes at random in [T/2, T], so that a thousand reconnects are not a thousand pings at once. */
  attach(socket: WebSocket): void {
    this.socket = socket;
    this.nextPing = Date.now() + this.heartbeat.pingInterval * (0.5 + Math.random() / 2);
    this.raw.on('drain', () => this.slowConsumer.note(this.buffered));
  }

  pong(): void {
    this.pongDue = Infinity;
  }

  /** Reads nothing more. */
  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  /** The socket is closed. */
  end(): void {
    this.slowConsumer.note(0);
  }

  send(frame: JsonRpcMessage): void {
    if (!this.attached) return;
    if (this.slowConsumer.note(this.buffered)) return this.close('too_slow');
    this.onSent();
    this.noteSent(frame);
    this.joinWrites();
    this.socket!.send(frame.text);
    this.slowConsumer.note(this.buffered);
  }

  forget(_id: string): void {}

  close(reason: CloseReason): void {
    this.socket?.close(closeCode(reason), reason);
  }

  /** What is sent in one turn of the event loop goes out in one system call. */
  private joinWrites(): void {
    if (this.raw.writableCorked > 0) return;
    this.raw.cork();
    process.nextTick(() => this.raw.uncork());
  }

  /** RFC 6455 §5.5.2: a peer that does not answer a ping in time is gone. */
  beat(now: number): void {
    if (now > this.pongDue || this.slowConsumer.note(this.buffered)) return void this.socket?.terminate();
    if (now < this.nextPing || !this.attached) return;
    this.nextPing = now + this.heartbeat.pingInterval;
    if (this.pongDue === Infinity) this.pongDue = now + this.heartbeat.pongTimeout;
    this.socket!.ping();
  }
}
