/** What the gateway calls itself towards clients (MCP 2025-11-25, lifecycle, `serverInfo`). */
export class ServerInfo {
  readonly name = 'viable';
  readonly title = 'Viable MCP gateway';

  constructor(readonly version: string) {}
}
