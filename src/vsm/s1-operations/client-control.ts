import { ClientControl, Disconnected } from '../../kernel/ports/client-control.js';
import { Intake } from '../../kernel/ports/mcp-inbound.js';
import { Sessions } from '../../session/sessions.js';
import { Channels } from '../../hub/hub.js';

/** Shows clients out, where an operator says so. */
export class Doorkeeper extends ClientControl {
  constructor(
    private readonly channels: Channels,
    private readonly sessions: Sessions,
    private readonly intake: Intake,
  ) {
    super();
  }

  disconnect(id: string, end: boolean): Disconnected {
    const ended: Disconnected = { connections: 0, sessions: 0 };
    for (const session of [...this.channels.sessions.byClient(id)]) {
      const channel = this.channels.of(session);
      ended.connections += channel.members.size;
      channel.endMembers('disconnected');
      if (!end) continue;
      this.channels.close(channel, 'disconnected');
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
