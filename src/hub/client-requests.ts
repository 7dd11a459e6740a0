import { ClientActivity } from '../telemetry/client-activity.js';
import { GatewayError } from '../kernel/errors.js';
import { isShed, Levers } from '../kernel/ports/levers.js';
import { Authorizer, Limits } from '../kernel/ports/access.js';
import { Inbound } from './protocols/codec.js';
import { Channel } from './hub-session.js';
import { Channels } from './hub.js';
import { Uplink } from './message-routes.js';

/** What of a client's frames is counted, rationed, and may be refused. */
export type Errand = Extract<
  Inbound<unknown>,
  { kind: 'message' | 'subscribe' | 'unsubscribe' | 'heartbeat' | 'ping' }
>;

/** Milliseconds after which a message that was shed may be tried again. */
const SHED_RETRY = 5_000;

/** Does what clients that have joined ask for, as far as they may. */
export class Errands {
  constructor(
    private readonly channels: Channels,
    private readonly uplink: Uplink,
    private readonly limits: Limits,
    private readonly authorizer: Authorizer,
    private readonly levers: Levers,
  ) {}

  /** Milliseconds for which nothing is to be read of a client. */
  holdFor({ client }: ClientActivity): number {
    return this.limits.holdFor(client);
  }

  /**
   * @returns the members of the answer
   * @throws GatewayError `rate_limit_exceeded`, `shed`, `forbidden`, `invalid_message`
   */
  run(channel: Channel, errand: Errand, activity: ClientActivity): object {
    this.count(activity);
    switch (errand.kind) {
      case 'message':
        return this.take(channel, errand);
      case 'subscribe':
      case 'unsubscribe':
        return this.follow(channel, errand);
      default:
        return {};
    }
  }

  private count(activity: ClientActivity): void {
    activity.messages++;
    try {
      this.limits.message(activity.client);
    } catch (thrown) {
      activity.refused++;
      throw thrown;
    }
  }

  /** What was taken before is answered as it was then. */
  private take(channel: Channel, said: Extract<Errand, { kind: 'message' }>): object {
    const known = said.id !== undefined && channel.session.hasHeard(said.id);
    if (!known && isShed(this.levers.now, said.priority)) throw new GatewayError('shed', undefined, SHED_RETRY);
    return this.uplink.take(channel, said);
  }

  private follow({ session }: Channel, { kind, topics }: Extract<Errand, { topics: readonly string[] }>): object {
    if (kind === 'subscribe') assertReaches(this.authorizer, session.principal, session.record.channel.address, topics);
    this.channels.sessions[kind](session, topics);
    return { topics: session.record.channel.topics };
  }
}

/** @throws GatewayError `forbidden` where one of the topics does not exist for this principal */
export function assertReaches(
  authorizer: Authorizer,
  principal: Parameters<Authorizer['reaches']>[0],
  address: string,
  topics: readonly string[],
): void {
  const beyond = topics.find(topic => !authorizer.reaches(principal, address, 'topic', topic));
  if (beyond !== undefined) throw new GatewayError('forbidden', 'These credentials do not reach one of the topics.');
}
