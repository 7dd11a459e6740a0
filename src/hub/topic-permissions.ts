import { Authorizer } from '../kernel/ports/access.js';
import { Channel } from './hub-session.js';
import { Channels } from './hub.js';

/** Takes topics away from sessions that may not follow them any more. */
export class TopicReview {
  constructor(
    private readonly channels: Channels,
    private readonly authorizer: Authorizer,
  ) {}

  /** The policy is another one: what holds now is asked anew. */
  run(): void {
    for (const channel of this.channels.all()) this.look(channel);
  }

  private look(channel: Channel): void {
    const { session } = channel;
    const { address, topics } = session.record.channel;
    const lost = topics.filter(topic => !this.authorizer.reaches(session.principal, address, 'topic', topic));
    if (lost.length === 0) return;
    this.channels.sessions.unsubscribe(session, lost);
    channel.tell('connection_status', { status: 'unsubscribed', topics: lost });
  }
}
