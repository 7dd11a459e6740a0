import { TransportName } from './connection.js';

/** One session of a client, as operators may see it. Durations and times in ms, times since the epoch. */
export interface ClientSession {
  /** The first characters of its id: enough to tell sessions apart, not enough to use one. */
  session: string;
  kind: 'channel' | 'mcp';
  /** By what people know the client: its client_id, or its key. */
  id: string;
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

/** Who uses a unit, an instance or a transport now. */
export interface Users {
  sessions: number;
  /** Some of them, by name. */
  clients: string[];
}

/** Who is there. */
export abstract class ClientDirectory {
  /** @param id a client_id, or the key of an MCP session's client; empty where there is no session */
  abstract sessionsOf(id: string): ClientSession[];
  /** Looked through when somebody asks; costs as much as there are sessions. */
  abstract all(): Iterable<ClientSession>;
  /** @param of a unit's name, an instance's id, or a transport */
  abstract usersOf(of: string, most: number): Users;
}
