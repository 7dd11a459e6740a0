import { TransportName } from '../kernel/ports/connection.js';
import { Draft } from '../kernel/ports/envelope.js';
import { Log } from '../kernel/log.js';
import { Audience, PublishPort, Publication } from '../kernel/ports/publish.js';
import { Hub, Presence } from './hub.js';
import { ReceivedMessage, MessageRoutes } from './message-routes.js';

export interface RouteOptions {
  transport?: 'auto' | TransportName;
  /** Milliseconds to wait for the client to confirm it. */
  timeout?: number;
}

/** What happens to one client. */
export type ClientEvent = { event: 'message'; message: ReceivedMessage } | Presence;

/** For code in the same application: messages to clients, and what clients do. Inject it, or take `Gateway.router`. */
export class EmbeddingApi {
  constructor(
    private readonly outbound: PublishPort,
    private readonly messageRoutes: MessageRoutes,
    private readonly hub: Hub,
    private readonly log: Log,
  ) {}

  /**
   * To every session of one client.
   * @throws GatewayError `client_not_found`, `draining`
   */
  routeMessage(clientId: string, draft: Draft, options: RouteOptions = {}): Promise<Publication> {
    return this.outbound.publish({ include: [clientId] }, draft, options);
  }

  /** @throws GatewayError `draining` */
  broadcast(draft: Draft, audience: Audience = {}, options: RouteOptions = {}): Promise<Publication> {
    return this.outbound.publish(audience, draft, options);
  }

  /** Every message that any client sends. @returns a function that ends it */
  onMessage(listener: (message: ReceivedMessage) => void): () => void {
    return this.messageRoutes.onMessage(listener);
  }

  /** Everything that happens to one client. @returns a function that ends it */
  subscribe(clientId: string, listener: (event: ClientEvent) => void): () => void {
    const ends = [
      this.messageRoutes.onMessage(message => {
        if (message.clientId === clientId) listener({ event: 'message', message });
      }),
      this.hub.onPresence((client, presence) => {
        if (client === clientId) this.tell(listener, presence);
      }),
    ];
    return () => ends.forEach(end => end());
  }

  private tell(listener: (event: ClientEvent) => void, event: ClientEvent): void {
    try {
      listener(event);
    } catch (err) {
      this.log.error({ err }, 'a follower of a client failed');
    }
  }
}
