import { Authorizer } from '../kernel/ports/access.js';
import { HubSession } from './hub-session.js';
import { Hub } from './hub.js';

/** Takes topics away from sessions that may not follow them any more. */
export class TopicPermissions {
  constructor(
    private readonly hub: Hub,
    private readonly authorizer: Authorizer,
  ) {}

  /** The policy is another one: what holds now is asked anew. */
  run(): void {
    for (const hubSession of this.hub.all()) this.look(hubSession);
  }

  private look(hubSession: HubSession): void {
    const { session } = hubSession;
    const { address, topics } = session.record.channel;
    const lost = topics.filter(topic => !this.authorizer.reaches(session.principal, address, 'topic', topic));
    if (lost.length === 0) return;
    this.hub.sessions.unsubscribe(session, lost);
    hubSession.tell('connection_status', { status: 'unsubscribed', topics: lost });
  }
}
