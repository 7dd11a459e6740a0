import { CloseReason } from './close-reason.js';
import { TransportName } from './connection.js';

/**
 * A way to give a native or Phoenix client bytes: a socket, an event stream, a long poll. Doors implement it, the inside
 * holds it. Nothing here throws; what cannot be sent any more is sent again from the log.
 */
export abstract class PushConnection {
  abstract readonly transport: TransportName;
  /** Whether somebody is listening at this moment. */
  abstract readonly attached: boolean;
  /** Bytes accepted and not yet taken by the socket. */
  abstract readonly buffered: number;
  /** One frame; on an event stream, the text of one or more events. Writes of one turn of the event loop are joined. */
  abstract write(data: string | Uint8Array): void;
  /** What is written before this is sent first. */
  abstract close(reason: CloseReason): void;
  /** Called when the socket has taken everything; set by who reads the log. */
  onDrain: () => void = () => undefined;
}

/** What a connection speaks. `event_stream` is native in the clothes of an EventSource. */
export type PushProtocol = 'native' | 'phoenix' | 'event_stream';

/** A connection that wants to join, as its door saw it. */
export interface PushRequest {
  protocol: PushProtocol;
  /** Address of the peer, or the one a trusted proxy vouches for. */
  address: string;
  /** Query parameters; of a repeated one the last. */
  params: Readonly<Record<string, string>>;
  /** Bearer token, from wherever the door found it. */
  token?: string;
  /** `Last-Event-ID` of an event stream. */
  lastEventId?: string;
  /** Path to POST to, for feeds that go one way only. */
  endpoint?: string;
}

/** One connection's side of the talk, as its door sees it. */
export interface PushReceiver {
  /**
   * Takes what the client sent; nothing thrown. Answers go to the feed, or to `reply` where one is given.
   * @returns where there is something to wait for, what resolves when it has been answered
   */
  receive(data: string | Uint8Array, reply?: (text: string) => void): Promise<void> | void;
  /** Joins by what the arrival said; the client itself has said nothing. */
  joinByArrival(): void;
  /** Milliseconds for which nothing is to be read of this client, because it is held and over its rate; mostly 0. */
  holdFor(): number;
  /** The connection is gone; `abnormal` where it broke instead of being closed, as far as the door can tell. */
  gone(abnormal?: boolean): void;
  /** Whether it has joined a session and not left it. */
  readonly joined: boolean;
}

/** What doors call with connections that speak native or Phoenix; they know nothing further in. */
export abstract class PushInbound {
  /** Waits for the client to join by a frame. What is wrong is told on the feed. */
  abstract connect(pushRequest: PushRequest, feed: PushConnection): PushReceiver;
  /**
   * Joins by the arrival's parameters alone.
   * @throws GatewayError `unauthenticated`, `token_expired`, `client_id_required`, `too_many_connections`,
   *   `rate_limit_exceeded`, `draining`, `invalid_resume_token` …
   */
  abstract join(pushRequest: PushRequest, feed: PushConnection): Promise<PushReceiver>;
}
