import { CloseReason } from './close-reason.js';
import { JsonRpcMessage } from '../json-rpc/message.js';
import { ClientJournal } from './client-journal.js';

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
  clientJournal: ClientJournal | undefined = undefined;
  /** Whether somebody is listening at this moment. */
  abstract readonly attached: boolean;
  /** Bytes accepted and not yet taken by the socket. */
  abstract readonly buffered: number;
  abstract send(frame: JsonRpcMessage): void;
  /** The request with this id (JSON text) will get no answer: it was cancelled. */
  abstract forget(id: string): void;
  abstract close(reason: CloseReason): void;

  /** A message has come from the client. */
  noteReceived(frame: JsonRpcMessage): void {
    if (this.clientJournal?.scrutiny?.messages) this.noteMessage('message_received', frame);
  }

  /** A message goes out to the client. */
  protected noteSent(frame: JsonRpcMessage): void {
    const { clientJournal } = this;
    if (!clientJournal) return;
    clientJournal.sent++;
    if (clientJournal.scrutiny?.messages) this.noteMessage('message_sent', frame);
  }

  private noteMessage(event: string, { method, kind, text }: JsonRpcMessage): void {
    const { transport } = this;
    const type = method.slice(0, LONGEST_TYPE) || kind;
    this.clientJournal!.note({ event, transport, type, size: Buffer.byteLength(text) });
  }
}
