import { ServerResponse } from 'node:http';
import { Budget } from '../../kernel/budget.js';
import { CloseReason, closeRetry } from '../../kernel/ports/close-reason.js';
import { Connection } from '../../kernel/ports/connection.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { EVENT_STREAM_HEADERS } from '../http/reply.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { SlowConsumer } from '../http/slow-consumer.js';

/** The event stream of an HTTP+SSE session (MCP 2024-11-05). */
export class McpStream extends Connection implements HeartbeatTarget {
  readonly transport = 'http_sse';
  private readonly slowConsumer: SlowConsumer;

  constructor(
    private readonly response: ServerResponse,
    budget: Budget,
    private readonly onSent: () => void,
  ) {
    super();
    this.slowConsumer = new SlowConsumer(budget);
    response.on('drain', () => this.slowConsumer.note(this.buffered));
    response.on('close', () => this.slowConsumer.note(0));
  }

  get attached(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  get buffered(): number {
    return this.response.writableLength;
  }

  /** The first event names the path to POST to. */
  begin(endpoint: string): void {
    this.response.writeHead(200, EVENT_STREAM_HEADERS);
    this.response.flushHeaders();
    this.response.write(`event: endpoint\ndata: ${endpoint}\n\n`);
  }

  send(frame: JsonRpcMessage): void {
    if (!this.attached) return;
    if (this.slowConsumer.note(this.buffered)) return void this.response.destroy();
    this.onSent();
    this.noteSent(frame);
    this.response.write(`event: message\ndata: ${frame.text}\n\n`);
    this.slowConsumer.note(this.buffered);
  }

  forget(_id: string): void {}

  close(reason: CloseReason): void {
    if (!this.attached) return;
    const retry = closeRetry(reason);
    this.response.end(retry === null ? undefined : `retry: ${retry}\n\n`);
  }

  beat(): void {
    if (!this.attached) return;
    if (this.slowConsumer.note(this.buffered)) this.response.destroy();
    else this.response.write(': keep-alive\n\n');
  }
}
