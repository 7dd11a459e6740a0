import { readFrame, writeFrame } from './frames.js';
import { Hello, WrittenFrame } from './protocol.js';
import { asViableError } from './viable-error.js';
import { Wire, WireEnd, WireEvents } from './wire.js';

/** What the client needs of a WebSocket: that of browsers, of Node ≥ 22, of `ws`. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
  /** Of `ws`: ends it without waiting for the other side. */
  terminate?(): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type SocketConstructor = new (url: string) => SocketLike;

const OPEN = 1;
const CLOSED = 3;
/** Milliseconds after which a close that nobody answered is made final, where the socket can do that. */
const LINGER = 1_000;

/** The native wire in WebSocket frames; its first frame is the hello. */
export class SocketWire implements Wire {
  readonly transport = 'websocket';
  private socket: SocketLike | undefined;
  private done = false;

  constructor(
    private readonly url: string,
    private readonly Socket: SocketConstructor,
    private readonly events: WireEvents,
  ) {}

  open(hello: () => Promise<Hello>): void {
    let socket: SocketLike;
    try {
      socket = new this.Socket(this.url);
    } catch (thrown) {
      // Told as every other failure is: later.
      const error = asViableError(thrown);
      return queueMicrotask(() => this.end({ error }));
    }
    this.socket = socket;
    socket.addEventListener('open', () => {
      hello().then(
        data => this.send(writeFrame({ type: 'hello', data })),
        (thrown: unknown) => this.end({ error: asViableError(thrown) }),
      );
    });
    socket.addEventListener('message', ({ data }) => {
      if (this.done) return;
      this.events.heard();
      this.events.frame(typeof data === 'string' ? readFrame(data) : { kind: 'invalid', why: 'a binary frame' });
    });
    socket.addEventListener('close', ({ code, reason }) => this.end({ code, reason: String(reason) }));
    // The reason is not told to scripts. Listening all the same: `ws` throws where nobody does.
    socket.addEventListener('error', () => this.end({ code: 1006 }));
  }

  send({ text }: WrittenFrame): void {
    if (!this.done && this.socket?.readyState === OPEN) this.socket.send(text);
  }

  close(): void {
    this.done = true;
    const socket = this.socket;
    if (!socket || socket.readyState === CLOSED) return;
    socket.close(1000);
    if (!socket.terminate) return;
    // `ws` would wait 30 s for a peer that is gone.
    const timer = setTimeout(() => socket.terminate?.(), LINGER);
    socket.addEventListener('close', () => clearTimeout(timer));
  }

  private end(end: WireEnd): void {
    if (this.done) return;
    this.done = true;
    this.events.ended(end);
  }
}
