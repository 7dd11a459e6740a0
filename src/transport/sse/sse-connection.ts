import { ServerResponse } from 'node:http';
import { CloseReason, closeRetry } from '../../kernel/close-reason.js';
import { Connection } from '../../kernel/connection.js';
import { Frame } from '../../kernel/frame.js';
import { EVENT_STREAM_HEADERS } from '../http-reply.js';
import { Beating } from '../keep-alive.js';

/** Bytes waiting for a client that does not read, beyond which its connection is closed. */
const MAX_UNSENT = 16 * 1024 * 1024;

/** The event stream of an HTTP+SSE session (MCP 2024-11-05). */
export class SseConnection extends Connection implements Beating {
  readonly transport = 'http_sse';

  constructor(
    private readonly response: ServerResponse,
    private readonly onSent: () => void,
  ) {
    super();
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

  send(frame: Frame): void {
    if (!this.attached) return;
    if (this.buffered > MAX_UNSENT) return void this.response.destroy();
    this.onSent();
    this.response.write(`event: message\ndata: ${frame.text}\n\n`);
  }

  forget(_id: string): void {}

  close(reason: CloseReason): void {
    if (!this.attached) return;
    const retry = closeRetry(reason);
    this.response.end(retry === null ? undefined : `retry: ${retry}\n\n`);
  }

  beat(): void {
    if (this.attached) this.response.write(': keep-alive\n\n');
  }
}
