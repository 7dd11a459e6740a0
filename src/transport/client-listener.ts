import { IncomingMessage, ServerResponse } from 'node:http';
import { Tally } from '../events/tally.js';
import { TransportName } from '../kernel/connection.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { HttpGuard } from './http-guard.js';
import { allowOrigin, replyError, replyPreflight } from './http-reply.js';
import { Listener, ListenerSettings } from './listener.js';
import { Reception, requestUrl, Visit } from './reception.js';

/** One HTTP path of a door. */
export interface Route {
  path: string;
  transport: TransportName;
  /** Method → handler; what is missing is answered with 405. */
  methods: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse, visit: Visit) => Promise<void>>
  >;
}

/**
 * The listener of the HTTP doors. It knows their few paths, checks Host, Origin and credentials, and hands over; no
 * framework stands between the socket and the door.
 */
export class ClientListener {
  readonly listener: Listener;
  private readonly routes: ReadonlyMap<string, Route>;

  constructor(
    settings: ListenerSettings,
    routes: readonly Route[],
    private readonly desk: { guard: HttpGuard; reception: Reception },
    private readonly tally: Tally,
    private readonly log: Log,
  ) {
    this.routes = new Map(routes.map(route => [route.path, route]));
    this.listener = new Listener(settings, (request, response) => void this.serve(request, response));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a request failed');
      this.tally.errors.add(error.code);
      replyError(response, error);
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = this.desk.guard.check(request);
    if (origin !== undefined) allowOrigin(response, origin);
    const url = requestUrl(request);
    const route = this.routes.get(url?.pathname ?? '');
    if (!url || !route) throw new GatewayError('not_found');
    if (request.method === 'OPTIONS') return replyPreflight(response);
    const handler = route.methods[request.method ?? ''];
    if (!handler) {
      response.setHeader('allow', Object.keys(route.methods).join(', '));
      throw new GatewayError('method_not_allowed');
    }
    await handler(request, response, await this.desk.reception.greet(request, route.transport, url));
  }
}
