import { Cursor } from '../delivery/cursor.js';
import { Position, ReaderKind } from '../delivery/position.js';
import { TransportName } from '../kernel/ports/connection.js';
import { JoinRequest } from './protocols/codec.js';
import { HubSession } from './hub-session.js';

/** What a client must know beyond its session to be a subscriber of it. */
export interface WelcomeDetails {
  resumeToken: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** The first sequence that it gets. */
  from: number;
  resumed: boolean;
  transport: TransportName;
  /** Milliseconds. */
  heartbeatInterval: number;
  /** Path to POST to, where the connection goes one way only. */
  endpoint: string | undefined;
}

/** What a client is told that has joined a session. */
export function welcomeOf({ session, outbox }: HubSession, details: WelcomeDetails): object {
  const { resumeToken, expiresAt, from, resumed, transport, heartbeatInterval, endpoint } = details;
  return {
    client_id: session.clientId,
    session_id: session.id,
    resume_token: resumeToken,
    expires_at: expiresAt,
    epoch: outbox!.epoch,
    next: from,
    resumed,
    transport,
    heartbeat_interval: heartbeatInterval,
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** For people who look at the stream itself. */
export function debugStateOf({ outbox, hubConnections }: HubSession, { kind, cursor }: Cursor): object {
  const { queued, inWindow, confirmed } = outbox!;
  const { size: connections } = hubConnections;
  return { event: 'attached', kind, cursor, confirmed, queued, in_window: inWindow, connections };
}

/** Who comes back to an event stream without a position says as little as somebody who never has one. */
export function readerKindOf({ acks }: JoinRequest, position: Position | undefined): ReaderKind {
  if (acks) return 'acking';
  return position ? 'positional' : 'silent';
}
