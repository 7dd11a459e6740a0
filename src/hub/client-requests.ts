import { ClientActivity } from '../telemetry/client-activity.js';
import { GatewayError } from '../kernel/errors.js';
import { isShed, Levers } from '../kernel/ports/levers.js';
import { Authorizer, Limits } from '../kernel/ports/access.js';
import { Inbound } from './protocols/codec.js';
import { HubSession } from './hub-session.js';
import { Hub } from './hub.js';
import { MessageRoutes } from './message-routes.js';

/** What of a client's frames is counted, rationed, and may be refused. */
export type ClientRequest = Extract<
  Inbound<unknown>,
  { kind: 'message' | 'subscribe' | 'unsubscribe' | 'heartbeat' | 'ping' }
>;

/** Milliseconds after which a message that was shed may be tried again. */
const SHED_RETRY = 5_000;

/** Does what clients that have joined ask for, as far as they may. */
export class ClientRequests {
  constructor(
    private readonly hub: Hub,
    private readonly messageRoutes: MessageRoutes,
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
  run(hubSession: HubSession, clientRequest: ClientRequest, activity: ClientActivity): object {
    this.count(activity);
    switch (clientRequest.kind) {
      case 'message':
        return this.take(hubSession, clientRequest, activity);
      case 'subscribe':
      case 'unsubscribe':
        return this.follow(hubSession, clientRequest);
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
  private take(
    hubSession: HubSession,
    said: Extract<ClientRequest, { kind: 'message' }>,
    activity: ClientActivity,
  ): object {
    const known = said.id !== undefined && hubSession.session.hasHeard(said.id);
    if (!known && isShed(this.levers.now, said.priority)) throw new GatewayError('shed', undefined, SHED_RETRY);
    return this.messageRoutes.take(hubSession, said, activity);
  }

  private follow(
    { session }: HubSession,
    { kind, topics }: Extract<ClientRequest, { topics: readonly string[] }>,
  ): object {
    if (kind === 'subscribe') assertReaches(this.authorizer, session.principal, session.record.channel.address, topics);
    this.hub.sessions[kind](session, topics);
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
