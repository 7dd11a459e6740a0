import { CloseReason } from './close-reason.js';
import { Frame } from './frame.js';

/** How bytes reach a client; `internal` is nobody's but the gateway's own. */
export type TransportName = 'http_sse' | 'websocket' | 'streamable_http' | 'telnet' | 'internal';

/** Ways by which messages are pushed to native and Phoenix clients, and between which they can switch. */
export type PushTransport = Extract<TransportName, 'http_sse' | 'websocket'>;

/**
 * A way to give a client bytes: a socket, an event stream, or the stream that answers one POST. Doors implement it, the
 * inside holds it. Nothing here throws: a frame that can no longer be sent is the client's to ask for again.
 */
export abstract class Connection {
  abstract readonly transport: TransportName;
  /** Whether somebody is listening at this moment. */
  abstract readonly attached: boolean;
  /** Bytes accepted and not yet taken by the socket. */
  abstract readonly buffered: number;
  abstract send(frame: Frame): void;
  /** The request with this id (JSON text) will get no answer: it was cancelled. */
  abstract forget(id: string): void;
  abstract close(reason: CloseReason): void;
}
