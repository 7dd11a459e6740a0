import { ClientActivity } from '../telemetry/client-activity.js';
import { Connection, TransportName } from '../kernel/ports/connection.js';
import { SessionHandle } from '../kernel/ports/mcp-inbound.js';
import { Principal } from '../kernel/ports/access.js';
import { PushRecord } from './push-session.js';

/** What is kept of a session beyond its connections; plain data, so that any store can hold it. */
export interface SessionRecord {
  id: string;
  principal: string;
  transport: TransportName;
  unit: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  lastActiveAt: number;
  protocolVersion?: string;
  /** Whether the unit declared the `logging` capability. */
  logging?: boolean;
  /** What a native or Phoenix session has besides. */
  channel?: PushRecord;
}

/** A live session: its record, its principal, and the connection that unsolicited messages take. */
export class Session implements SessionHandle {
  ended = false;
  /** By what its client is known to limits, levers and counts. */
  client = '';
  /** What it has done. */
  activity: ClientActivity | undefined;

  constructor(
    readonly record: SessionRecord,
    readonly principal: Principal,
    readonly home: Connection,
  ) {}

  get id(): string {
    return this.record.id;
  }

  get protocolVersion(): string | undefined {
    return this.record.protocolVersion;
  }

  get mayLog(): boolean {
    return this.record.logging ?? false;
  }

  /** An id for logs and events: enough to tell sessions apart, not enough to use one. */
  get label(): string {
    return this.record.id.slice(0, 8);
  }
}
