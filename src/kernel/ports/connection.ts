import { CloseReason } from './close-reason.js';
import { Frame } from '../json-rpc/message.js';
import { Witness } from './client-journal.js';

/** How bytes reach a client; `internal` is nobody's but the gateway's own. */
export type TransportName = 'http_sse' | 'websocket' | 'streamable_http' | 'telnet' | 'internal';

/** Ways by which messages are pushed to native and Phoenix clients, and between which they can switch. */
export type PushTransport = Extract<TransportName, 'http_sse' | 'websocket'>;

/** Characters of a method's name in what is noted; it is the client that says it. */
const LONGEST_TYPE = 64;

/**
 * A way to give a client bytes: a socket, an event stream, or the stream that answers one POST. Doors implement it, the
 * inside holds it. Nothing here throws: a frame that can no longer be sent is the client's to ask for again.
 */
export abstract class Connection {
  abstract readonly transport: TransportName;
  /** Whoever notes what becomes of its client. */
  witness: Witness | undefined = undefined;
  /** Whether somebody is listening at this moment. */
  abstract readonly attached: boolean;
  /** Bytes accepted and not yet taken by the socket. */
  abstract readonly buffered: number;
  abstract send(frame: Frame): void;
  /** The request with this id (JSON text) will get no answer: it was cancelled. */
  abstract forget(id: string): void;
  abstract close(reason: CloseReason): void;

  /** A message has come from the client. */
  noteReceived(frame: Frame): void {
    if (this.witness?.scrutiny?.messages) this.noteMessage('message_received', frame);
  }

  /** A message goes out to the client. */
  protected noteSent(frame: Frame): void {
    const { witness } = this;
    if (!witness) return;
    witness.sent++;
    if (witness.scrutiny?.messages) this.noteMessage('message_sent', frame);
  }

  private noteMessage(event: string, { method, kind, text }: Frame): void {
    const { transport } = this;
    const type = method.slice(0, LONGEST_TYPE) || kind;
    this.witness!.note({ event, transport, type, size: Buffer.byteLength(text) });
  }
}
