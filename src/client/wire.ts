import { GatewayFrame, Hello, TransportName, WrittenFrame } from './protocol.js';
import { ViableError } from './viable-error.js';

/** How a wire ended. */
export interface WireEnd {
  /** WebSocket close code, where there was one. */
  code?: number;
  /** WebSocket close reason, such as `done`. */
  reason?: string;
  /** What the gateway, or the network, said. */
  error?: ViableError;
}

/** What a wire tells. Nothing comes after `ended`, and nothing after `close()` was called. */
export interface WireEvents {
  frame(frame: GatewayFrame): void;
  /** Something came by the way that messages come. */
  heard(): void;
  ended(end: WireEnd): void;
}

/** One connection to the gateway, of either kind. Nothing here throws. */
export interface Wire {
  readonly transport: TransportName;
  /** @param hello called once the wire could speak; what it says is the first thing sent */
  open(hello: () => Promise<Hello>): void;
  /** Ignored where the wire is not open. */
  send(frame: WrittenFrame): void;
  /** What was sent before goes out first; the other side is not waited for. */
  close(): void;
}
