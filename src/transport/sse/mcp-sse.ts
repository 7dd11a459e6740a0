import { IncomingMessage, ServerResponse } from 'node:http';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { McpInbound } from '../../kernel/ports/mcp-inbound.js';
import { readJsonBody } from '../http/body.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { CallerRequest } from '../http/caller.js';
import { Route } from '../http/route-table.js';
import { endpointOf, MESSAGES } from './endpoint.js';
import { NativeSse } from './native-sse.js';
import { McpStream } from './mcp-stream.js';

export interface SseSettings {
  /** Bytes of one POST. */
  maxBodySize: number;
  /** Milliseconds between keep-alive comments. */
  keepAliveInterval: number;
}

/**
 * MCP's HTTP+SSE transport, revision 2024-11-05: a stream on `/mcp/sse`, messages by POST to `/mcp/messages`. Requests
 * that name a native client go to the native door.
 */
export class McpSse {
  readonly routes: readonly Route[] = [
    {
      path: '/mcp/sse',
      transport: 'http_sse',
      opensStreams: true,
      plain: url => this.native.serves(url),
      methods: { GET: (request, response, visit) => this.listen(request, response, visit) },
    },
    {
      path: MESSAGES,
      transport: 'http_sse',
      plain: url => this.native.serves(url),
      methods: { POST: (request, response, visit) => this.post(request, response, visit) },
    },
  ];
  private readonly keepAlive: HeartbeatTimer;

  constructor(
    private readonly intake: McpInbound,
    private readonly native: NativeSse,
    private readonly counters: Counters,
    private readonly budget: Budget,
    private readonly settings: SseSettings,
  ) {
    this.keepAlive = new HeartbeatTimer(settings.keepAliveInterval);
  }

  stop(): void {
    this.keepAlive.stop();
  }

  private async listen(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    if (this.native.serves(visit.url)) return this.native.listen(request, response, visit);
    const connection = new McpStream(response, this.budget, () => this.counters.messagesOut.add('http_sse'));
    const session = await this.intake.open(visit.caller, connection);
    if (response.destroyed) return this.intake.close(session, 'done');
    response.on('close', () => {
      this.keepAlive.delete(connection);
      this.counters.connections.add('http_sse', -1);
      this.intake.close(session, 'done');
    });
    this.keepAlive.add(connection);
    this.counters.connections.add('http_sse');
    connection.begin(endpointOf('sessionId', session.id, visit.url));
  }

  private async post(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    if (this.native.serves(visit.url)) return this.native.post(request, response, visit);
    const id = visit.url.searchParams.get('sessionId');
    if (!id) throw new GatewayError('session_required', 'The sessionId parameter is missing: GET /mcp/sse gives one.');
    const session = this.intake.find(id, visit.caller.principal);
    if (!(session?.home instanceof McpStream)) throw new GatewayError('session_not_found');
    const frames = JsonRpcMessage.decode(await readJsonBody(request, this.settings.maxBodySize, this.budget));
    if (frames.batch && !this.intake.takesBatches(session))
      throw new GatewayError('invalid_request', 'No batches here.');
    response.writeHead(202, { 'content-type': 'text/plain' }).end('Accepted');
    for (const frame of frames) this.intake.receive(session, frame, session.home);
  }
}
