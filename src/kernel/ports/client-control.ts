/** What was ended. */
export interface Disconnected {
  connections: number;
  sessions: number;
}

/** What operators may do to a client. */
export abstract class ClientControl {
  /**
   * Closes its connections; what is owed to it is kept for its return. MCP sessions end: their client begins anew.
   * @param id a client_id, or the key of an MCP session's client
   * @param end whether its sessions end too, with what is owed to them
   */
  abstract disconnect(id: string, end: boolean): Disconnected;
}
