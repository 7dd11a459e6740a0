import { TransportName } from './connection.js';

/** One session of a client, as operators may see it. Durations and times in ms, times since the epoch. */
export interface ClientSession {
  /** The first characters of its id: enough to tell sessions apart, not enough to use one. */
  session: string;
  kind: 'channel' | 'mcp';
  /** The key by which limits and levers know the client. */
  client: string;
  principal: string;
  state: string;
  transport: TransportName;
  connections: number;
  since: number;
  lastActiveAt: number;
  /** Messages that wait to be sent, and those sent and not confirmed. */
  queued: number;
  inWindow: number;
  /** Messages it has sent; null where that is not counted. */
  messagesIn: number | null;
}

/** Who is there. */
export abstract class ClientDirectory {
  /** @param id a client_id, or the key of an MCP session's client; empty where there is no session */
  abstract sessionsOf(id: string): ClientSession[];
}
