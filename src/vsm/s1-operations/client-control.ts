import { ClientControl, Disconnected } from '../../kernel/ports/client-control.js';
import { McpInbound } from '../../kernel/ports/mcp-inbound.js';
import { Sessions } from '../../session/sessions.js';
import { Hub } from '../../hub/hub.js';

/** Shows clients out, where an operator says so. */
export class S1ClientControl extends ClientControl {
  constructor(
    private readonly hub: Hub,
    private readonly sessions: Sessions,
    private readonly intake: McpInbound,
  ) {
    super();
  }

  disconnect(id: string, end: boolean): Disconnected {
    const ended: Disconnected = { connections: 0, sessions: 0 };
    for (const session of [...this.hub.sessions.byClient(id)]) {
      const hubSession = this.hub.of(session);
      ended.connections += hubSession.hubConnections.size;
      hubSession.endMembers('disconnected');
      if (!end) continue;
      this.hub.close(hubSession, 'disconnected');
      ended.sessions++;
    }
    for (const session of [...this.sessions.all()]) {
      if (session.client !== id) continue;
      ended.connections += Number(session.home.attached);
      this.intake.close(session, 'disconnected');
      ended.sessions++;
    }
    return ended;
  }
}
