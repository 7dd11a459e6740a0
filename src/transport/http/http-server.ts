import { IncomingMessage, ServerResponse } from 'node:http';
import { Counters } from '../../telemetry/counters.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Log } from '../../kernel/log.js';
import { RequestAdmission } from './admission.js';
import { allowOrigin, replyError, replyPreflight, replyGatewayError } from './reply.js';
import { Listener, ListenerSettings } from './listener.js';
import { requestUrl } from './caller.js';
import { clientId, Found, Route, RouteTable } from './route-table.js';

/**
 * The listener of the HTTP doors. It knows their few paths, checks Host, Origin and credentials, and hands over; no
 * framework stands between the socket and the door.
 */
export class ClientHttpServer {
  readonly listener: Listener;
  private readonly routes: RouteTable;

  constructor(
    settings: ListenerSettings,
    routes: readonly Route[],
    private readonly threshold: RequestAdmission,
    private readonly counters: Counters,
    private readonly log: Log,
  ) {
    this.routes = new RouteTable(routes);
    this.listener = new Listener(settings, (request, response) => void this.serve(request, response));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    const found = url && this.routes.find(url.pathname);
    try {
      const origin = this.threshold.guard.check(request);
      if (origin !== undefined) allowOrigin(response, origin);
      if (!url || !found) throw new GatewayError('not_found');
      await this.hand(request, response, url, found);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a request failed');
      this.counters.failed(error.code, found?.route.transport);
      if (url && found?.route.plain?.(url)) replyGatewayError(response, error);
      else replyError(response, error);
    }
  }

  private async hand(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    { route, segment }: Found,
  ): Promise<void> {
    if (request.method === 'OPTIONS') return replyPreflight(response);
    const handler = route.methods[request.method ?? ''];
    if (!handler) {
      response.setHeader('allow', Object.keys(route.methods).join(', '));
      throw new GatewayError('method_not_allowed');
    }
    const { callers, limits, connectionLimit, gate } = this.threshold;
    const visitor = callers.identify(request, route.transport, url);
    const streams = route.opensStreams && request.method === 'GET';
    if (streams) await limits.knock(visitor.caller.address);
    // Nobody without credentials takes a seat or a turn.
    const visit = await callers.admit(visitor);
    if (segment !== undefined) visit.id = clientId(segment);
    if (!streams) return handler(request, response, visit);
    const seated = connectionLimit.take(route.transport);
    try {
      await gate.enter(() => !response.destroyed);
      await handler(request, response, visit);
    } finally {
      seated();
    }
  }
}
