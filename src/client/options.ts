import { BackoffSettings } from './backoff.js';
import { ViableStorage } from './resume-state.js';
import { Envelope, Gap, HelloExtras, Presence, TransportName } from './protocol.js';
import { SocketConstructor } from './socket-wire.js';
import { ViableError } from './viable-error.js';

export interface ViableOptions {
  /** WebSocket, such as `ws://host:4002/mcp/ws`. Needed unless there is `sseUrl`. */
  url?: string;
  /** Event stream, such as `http://host:4001/mcp/sse`; without it there is nothing to fall back to. */
  sseUrl?: string;
  /** 1 to 128 visible ASCII characters. */
  clientId: string;
  /** Credentials; a function is asked at each connection, and once more where the gateway refuses what it gave. */
  token?: string | (() => string | Promise<string>);
  /** To subscribe to, at each connection. */
  topics?: readonly string[];
  /** `auto`, the default: WebSocket, and the event stream while that fails. */
  transport?: 'auto' | TransportName;
  /** For where there is none globally, such as Node 20: that of `ws`. */
  WebSocket?: SocketConstructor;
  /** Closes the client. */
  signal?: AbortSignal;
  /** Milliseconds; by default from 50 up to 5,000. */
  backoff?: Partial<BackoffSettings>;
  /** Messages that may be unsettled, on their way or waiting for a connection; 1,000. */
  offlineQueue?: number;
  /** Messages that may wait for handlers; 1,000. What comes beyond is fetched again when there is room. */
  inbox?: number;
  /** Milliseconds between heartbeats, 25,000; after two without anything the connection is given up. */
  heartbeat?: number;
  /** Milliseconds for a connection to come about; 10,000. */
  joinTimeout?: number;
  /** Milliseconds on the fallback before the better transport is tried again beside it; 30,000, doubled by failures. */
  wayBack?: number;
  /** Keeps token and position across page loads. Not one that tabs share: they would take the session from each other. */
  storage?: ViableStorage;
  /** What else to say when joining. */
  hello?: HelloExtras;
}

/** `waiting`: for the next attempt. `closed` is for good. */
export type ViableState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

export interface Status {
  state: ViableState;
  transport?: TransportName;
  /** Milliseconds until the next attempt. */
  retryIn?: number;
  /** Why it is not open. */
  error?: ViableError;
}

export interface ViableEvents {
  /** The next message is not given out before every handler, and the promise it returned, is done. */
  message: Envelope;
  status: Status;
  /** Messages were lost; told between those before and after. */
  gap: Gap;
  /** The connection in use is another kind than the one before. */
  switched: { from: TransportName; to: TransportName };
  vsm_update: unknown;
  presence: Presence;
  shutdown: { retry?: number };
  /** What the gateway says of the connection, such as `throttled` or `switch`. */
  connection_status: { status: string; to?: string; retry?: number };
  /** What nobody waits for and went wrong; the client goes on. */
  error: ViableError;
}
