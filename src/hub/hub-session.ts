import { TransportName } from '../kernel/ports/connection.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { Outbox } from '../delivery/outbox.js';
import { PushSession } from '../session/push-session.js';

/** One live connection of a session, as the others see it. */
export interface HubConnection {
  readonly transport: TransportName;
  readonly attached: boolean;
  /** Bytes that its client has not taken. */
  readonly buffered: number;
  /** Tells it something of the gateway's own; the payload is JSON text. */
  tell(type: string, payload: string): void;
  /** Ends it; it leaves its channel before this returns. */
  end(reason: CloseReason): void;
}

/** A native or Phoenix session at work: what is kept of it, what is owed to it, and who is connected. */
export class HubSession {
  readonly hubConnections = new Set<HubConnection>();
  closed = false;
  /** Connections that are being let in: it is not ended under their feet. */
  arriving = 0;
  outbox: Outbox | undefined;
  /** The transport its client was told to come by, and when (`Clock.elapsed()`). */
  led: { to: TransportName; at: number } | undefined;

  constructor(
    readonly session: PushSession,
    /** Resolves when its outbox is there. */
    readonly ready: Promise<Outbox>,
  ) {}

  tell(type: string, payload: object): void {
    const text = JSON.stringify(payload);
    for (const hubConnection of this.hubConnections) hubConnection.tell(type, text);
  }

  endMembers(reason: CloseReason): void {
    for (const hubConnection of [...this.hubConnections]) hubConnection.end(reason);
  }

  /** Who comes with the token has the session; the others are told. */
  takeOver(by: HubConnection): void {
    for (const hubConnection of [...this.hubConnections]) {
      if (hubConnection === by) continue;
      hubConnection.tell('connection_status', '{"status":"replaced"}');
      hubConnection.end('replaced');
    }
  }
}
