import { shortId } from '../ids.js';
import { locate, oneLine } from '../json-rpc/json-text.js';

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a publisher says of a message; only the payload is needed. */
export interface Draft {
  /** JSON text. */
  payload: string;
  /** What the publisher calls it; as `data` it stands in the envelope under both names. */
  named?: 'payload' | 'data';
  id?: string;
  type?: string;
  /** The name under which event streams and channels announce it. */
  event?: string;
  priority?: Priority;
  topic?: string;
  /** Milliseconds it may wait to be given a sequence; without it, as long as its session lives. */
  ttl?: number;
}

/** Names that frames of the gateway's own have: no publisher may use them as an event. */
const RESERVED = new Set([
  'connected',
  'heartbeat',
  'gap',
  'connection_status',
  'transport_switched',
  'vsm_update',
  'presence',
  'shutdown',
  'debug',
  'error',
  'ack',
]);

export function isReserved(event: string): boolean {
  return RESERVED.has(event) || event.startsWith('phx_');
}

/** A message as it goes from node to node, and into stores. */
export interface MessageJson {
  /** As clients get it, under a sequence that does not count. */
  envelope: string;
  /** Milliseconds since the epoch; never without it. */
  expiresAt?: number;
}

/** What an envelope says, its payload apart. */
interface Envelope extends Pick<Message, 'id' | 'type' | 'priority'> {
  event?: string;
  topic?: string;
  /** Microseconds since the epoch. */
  timestamp: number;
  /** The payload again, where its publisher calls it so. */
  data?: unknown;
}

/**
 * One message on its way to clients: the part of an envelope that is the same for all who get it. The text is put
 * together once; only the sequence differs from session to session.
 */
export class Message {
  readonly id: string;
  readonly type: string;
  readonly event: string;
  readonly priority: Priority;
  /** Bytes, about what it costs to hold and to send. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  private readonly head: string;
  private readonly tail: string;

  /**
   * @param now milliseconds since the epoch
   * @param expiresAt the same, where that is known otherwise than by the draft's `ttl`
   */
  constructor(draft: Draft, now: number, expiresAt = draft.ttl === undefined ? Infinity : now + draft.ttl) {
    this.id = draft.id ?? shortId();
    this.type = draft.type ?? 'message';
    this.event = draft.event ?? 'message';
    this.priority = draft.priority ?? 'normal';
    this.expiresAt = expiresAt;
    const event = this.event === 'message' ? '' : `,"event":${JSON.stringify(this.event)}`;
    const topic = draft.topic === undefined ? '' : `,"topic":${JSON.stringify(draft.topic)}`;
    const payload = oneLine(draft.payload);
    const alias = draft.named === 'data' ? `,"data":${payload}` : '';
    const type = JSON.stringify(this.type);
    this.head = `{"id":${JSON.stringify(this.id)},"sequence":`;
    this.tail = `,"timestamp":${Math.round(now * 1000)},"type":${type}${event}${topic},"priority":"${this.priority}","payload":${payload}${alias}}`;
    this.size = Buffer.byteLength(this.tail) + this.head.length + 24;
  }

  /** The same message as another node had it, to the byte. */
  static fromJSON({ envelope, expiresAt }: MessageJson): Message {
    const { id, type, event, priority, topic, timestamp, data } = JSON.parse(envelope) as Envelope;
    const { start, end } = locate(envelope, 0, ['payload'])!;
    const payload = envelope.slice(start, end);
    const named = data === undefined ? 'payload' : 'data';
    return new Message({ id, type, event, priority, topic, payload, named }, timestamp / 1000, expiresAt ?? Infinity);
  }

  /** What another node, or a store, needs to have the same message. */
  toJSON(): MessageJson {
    const envelope = this.envelope(0);
    return this.expiresAt === Infinity ? { envelope } : { envelope, expiresAt: this.expiresAt };
  }

  /** The envelope as JSON text, on one line. */
  envelope(sequence: number): string {
    return this.head + sequence + this.tail;
  }
}

/** A message in a session's window. */
export interface Entry {
  readonly sequence: number;
  readonly message: Message;
}
