import { Bus } from '../../../events/bus.js';
import { TransportName } from '../../../kernel/connection.js';
import { Draft } from '../../../kernel/envelope.js';
import { Audience, Outbound, Publication } from '../../../kernel/outbound.js';
import { ClientMessage, Uplink } from './uplink.js';

export interface RouteOptions {
  transport?: 'auto' | TransportName;
  /** Milliseconds to wait for the client to confirm it. */
  timeout?: number;
}

/** What happens to one client. */
export type ClientEvent =
  | { event: 'message'; message: ClientMessage }
  | { event: 'connection_status'; status: 'online' | 'offline' }
  | { event: 'transport_switched'; from: TransportName; to: TransportName };

/** For code in the same application: messages to clients, and what clients do. Inject it, or take `Gateway.router`. */
export class Router {
  constructor(
    private readonly outbound: Outbound,
    private readonly uplink: Uplink,
    private readonly bus: Bus,
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
  onMessage(listener: (message: ClientMessage) => void): () => void {
    return this.uplink.onMessage(listener);
  }

  /** Everything that happens to one client. @returns a function that ends it */
  subscribe(clientId: string, listener: (event: ClientEvent) => void): () => void {
    const ends = [
      this.uplink.onMessage(message => {
        if (message.clientId === clientId) listener({ event: 'message', message });
      }),
      this.bus.on('client_presence', ({ client, status }) => {
        if (client === clientId) listener({ event: 'connection_status', status });
      }),
      this.bus.on('transport_switched', ({ client, from, to }) => {
        if (client === clientId) listener({ event: 'transport_switched', from, to });
      }),
    ];
    return () => ends.forEach(end => end());
  }
}
