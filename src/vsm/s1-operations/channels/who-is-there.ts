import { ClientDirectory, ClientSession } from '../../../kernel/client-directory.js';
import { Sessions } from '../../../session/sessions.js';
import { Channels } from './channels.js';

/** Sessions of all kinds, by client; looked through when somebody asks. */
export class WhoIsThere extends ClientDirectory {
  constructor(
    private readonly channels: Channels,
    private readonly sessions: Sessions,
  ) {
    super();
  }

  sessionsOf(id: string): ClientSession[] {
    return [...this.channelsOf(id), ...this.mcpOf(id)];
  }

  private channelsOf(id: string): ClientSession[] {
    return [...this.channels.sessions.byClient(id)].map(session => {
      const { members, outbox } = this.channels.of(session);
      const { principal, transport, createdAt: since, lastActiveAt } = session.record;
      return {
        session: session.label,
        kind: 'channel',
        client: session.clientKey,
        principal,
        state: session.state,
        transport,
        connections: members.size,
        since,
        lastActiveAt,
        queued: outbox?.queued ?? 0,
        inWindow: outbox?.inWindow ?? 0,
        messagesIn: session.messagesIn,
      };
    });
  }

  private mcpOf(id: string): ClientSession[] {
    const found: ClientSession[] = [];
    for (const { client, label, home, record } of this.sessions.all()) {
      if (client !== id) continue;
      const { principal, transport, createdAt: since, lastActiveAt } = record;
      const session = { session: label, kind: 'mcp' as const, client, principal, state: 'active', transport };
      const nothing = { queued: 0, inWindow: 0, messagesIn: null };
      found.push({ ...session, connections: Number(home.attached), since, lastActiveAt, ...nothing });
    }
    return found;
  }
}
