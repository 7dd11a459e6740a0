import { ClientDirectory, ClientSession, Users } from '../../kernel/ports/client-directory.js';
import { isTransport } from '../../kernel/ports/levers.js';
import { PushSession } from '../../session/push-session.js';
import { Session } from '../../session/session.js';
import { Sessions } from '../../session/sessions.js';
import { UpstreamSession } from '../../mcp/upstream/upstream-session.js';
import { Hub } from '../../hub/hub.js';

/** Sessions of all kinds, by client; looked through when somebody asks. */
export class S1ClientDirectory extends ClientDirectory {
  constructor(
    private readonly hub: Hub,
    private readonly sessions: Sessions,
    private readonly upstreams: { all(): Iterable<UpstreamSession> },
  ) {
    super();
  }

  sessionsOf(id: string): ClientSession[] {
    const hub = [...this.hub.sessions.byClient(id)].map(session => this.hubSession(session));
    const mcp = [...this.sessions.all()].filter(({ client }) => client === id).map(session => ofMcp(session));
    return [...hub, ...mcp];
  }

  *all(): Generator<ClientSession> {
    for (const { session } of this.hub.all()) yield this.hubSession(session);
    for (const session of this.sessions.all()) yield ofMcp(session);
  }

  usersOf(of: string, most: number): Users {
    const clients = new Set<string>();
    let sessions = 0;
    const count = (client: string): void => {
      sessions++;
      if (clients.size < most) clients.add(client);
    };
    for (const { owner, unit, link, waiting } of this.upstreams.all()) {
      if (owner.shared) continue;
      // Who waits for a link may get one anywhere.
      const here = link ? link.instance.id === of : waiting !== undefined && of.startsWith(`${unit.name}/`);
      if (unit.name === of || here) count(owner.clientOf(''));
    }
    if (isTransport(of)) for (const { id, transport } of this.all()) if (transport === of) count(id);
    return { sessions, clients: [...clients] };
  }

  private hubSession(session: PushSession): ClientSession {
    const { hubConnections, outbox } = this.hub.of(session);
    const { principal, transport, createdAt: since, lastActiveAt } = session.record;
    return {
      session: session.label,
      kind: 'channel',
      id: session.clientId,
      client: session.clientKey,
      principal,
      state: session.state,
      transport,
      connections: hubConnections.size,
      since,
      lastActiveAt,
      queued: outbox?.queued ?? 0,
      inWindow: outbox?.inWindow ?? 0,
      messagesIn: session.messagesIn,
    };
  }
}

function ofMcp({ client, label: session, home, record }: Session): ClientSession {
  const { principal, transport, createdAt: since, lastActiveAt } = record;
  return {
    ...{ session, kind: 'mcp', id: client, client, principal, state: 'active', transport, since, lastActiveAt },
    ...{ connections: Number(home.attached), queued: 0, inWindow: 0, messagesIn: null },
  };
}
