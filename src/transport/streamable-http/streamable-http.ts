import { IncomingMessage, ServerResponse } from 'node:http';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { HandshakePacing } from '../../kernel/ports/handshake-gate.js';
import { McpInbound, SessionHandle } from '../../kernel/ports/mcp-inbound.js';
import { readJsonBody } from '../http/body.js';
import { replyEmpty } from '../http/reply.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { CallerRequest } from '../http/caller.js';
import { Route } from '../http/route-table.js';
import { ReplayBufferLimits } from './replay-buffer.js';
import { EventStream } from './event-stream.js';
import { SessionStreamsHost, SessionStreams } from './session-streams.js';

export interface StreamableHttpSettings {
  /** Bytes of one POST. */
  maxBodySize: number;
  /** Milliseconds between keep-alive comments. */
  keepAliveInterval: number;
  /** What each stream holds for replay. */
  replay: ReplayBufferLimits;
}

/** MCP's Streamable HTTP transport, revisions 2025-03-26, 2025-06-18 and 2025-11-25, on `/mcp`. */
export class StreamableHttp implements SessionStreamsHost {
  readonly route: Route = {
    path: '/mcp',
    transport: 'streamable_http',
    methods: {
      POST: (request, response, visit) => this.post(request, response, visit),
      GET: (request, response, visit) => this.get(request, response, visit),
      DELETE: (request, response, visit) => this.delete(request, response, visit),
    },
  };
  private readonly keepAlive: HeartbeatTimer;
  private readonly sets = new WeakMap<SessionHandle, SessionStreams>();

  constructor(
    private readonly intake: McpInbound,
    private readonly counters: Counters,
    readonly budget: Budget,
    private readonly gate: HandshakePacing,
    private readonly settings: StreamableHttpSettings,
  ) {
    this.keepAlive = new HeartbeatTimer(settings.keepAliveInterval);
  }

  get limits(): ReplayBufferLimits {
    return this.settings.replay;
  }

  stop(): void {
    this.keepAlive.stop();
  }

  answerFor(session: SessionHandle, frame: JsonRpcMessage, via: EventStream): void {
    this.intake.receive(session, frame, via);
  }

  opened(stream: EventStream): void {
    this.keepAlive.add(stream);
    this.counters.connections.add('streamable_http');
  }

  dropped(stream: EventStream): void {
    this.keepAlive.delete(stream);
    this.counters.connections.add('streamable_http', -1);
  }

  left(session: SessionHandle): void {
    this.intake.close(session, 'done');
  }

  resumed(replayed: number, missed: number): void {
    this.counters.replay('streamable_http', replayed, missed > 0);
  }

  sent(): void {
    this.counters.messagesOut.add('streamable_http');
  }

  private async post(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    accepts(request, 'application/json');
    accepts(request, 'text/event-stream');
    const id = sessionId(request);
    // Whoever has no session wants one, and waits for it with what it sends unread.
    if (id === undefined) await this.gate.enter(() => !response.destroyed);
    const frames = JsonRpcMessage.decode(await readJsonBody(request, this.settings.maxBodySize, this.budget));
    const [first] = frames;
    if (id === undefined && !frames.batch && this.intake.opensSession(first!)) {
      return this.initialize(first!, response, visit);
    }
    const session = this.session(request, visit);
    if (frames.batch && !this.intake.takesBatches(session)) {
      throw new GatewayError('invalid_request', `Protocol version ${session.protocolVersion} has no batches.`);
    }
    this.receive(session, frames, response);
  }

  private receive(session: SessionHandle, frames: JsonRpcMessage[], response: ServerResponse): void {
    const set = this.sets.get(session)!;
    const requests = frames.filter(frame => frame.kind === 'request');
    // The error for the second would end the stream before the answer to the first.
    if (new Set(requests.map(frame => frame.id)).size < requests.length) throw new GatewayError('duplicate_id');
    if (requests.length === 0) replyEmpty(response, 202);
    const via = requests.length > 0 ? set.post(response, requests, false) : set.home;
    for (const frame of frames) this.intake.receive(session, frame, via);
  }

  private async initialize(frame: JsonRpcMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    const set = new SessionStreams(this);
    const session = await this.intake.open(visit.caller, set.home);
    set.session = session;
    this.sets.set(session, set);
    if (response.destroyed) return this.intake.close(session, 'done');
    this.intake.receive(session, frame, set.post(response, [frame], true));
  }

  private async get(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    accepts(request, 'text/event-stream');
    await this.gate.enter(() => !response.destroyed);
    const set = this.sets.get(this.session(request, visit))!;
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string' && lastEventId !== '') set.resume(lastEventId, response);
    else set.home.attach(response);
  }

  private delete(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    this.intake.close(this.session(request, visit), 'done');
    replyEmpty(response, 200);
    return Promise.resolve();
  }

  /** The session that the headers name; the version they name must exist, but what holds is what was agreed. */
  private session(request: IncomingMessage, visit: CallerRequest): SessionHandle {
    const id = sessionId(request);
    const session = id === undefined ? undefined : this.intake.find(id, visit.caller.principal);
    const version = request.headers['mcp-protocol-version'];
    if (version !== undefined && version !== session?.protocolVersion && !this.intake.speaks(String(version))) {
      throw new GatewayError('protocol_unsupported', 'The Mcp-Protocol-Version is not supported.');
    }
    if (id === undefined) throw new GatewayError('session_required');
    if (!session || !this.sets.has(session)) throw new GatewayError('session_not_found');
    return session;
  }
}

function sessionId(request: IncomingMessage): string | undefined {
  const id = request.headers['mcp-session-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** @throws GatewayError `not_acceptable` */
function accepts(request: IncomingMessage, type: string): void {
  const accept = request.headers.accept ?? '';
  const [group] = type.split('/');
  if (accept.includes(type) || accept.includes('*/*') || accept.includes(`${group}/*`)) return;
  throw new GatewayError(
    'not_acceptable',
    'Accept must list application/json and text/event-stream (GET: the latter).',
  );
}
