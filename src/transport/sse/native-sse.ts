import { IncomingMessage, ServerResponse } from 'node:http';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError } from '../../kernel/errors.js';
import { PushInbound, PushReceiver } from '../../kernel/ports/push-connection.js';
import { secretId } from '../../kernel/ids.js';
import { parseJson } from '../../kernel/json-rpc/parse-json.js';
import { elements, skipSpace } from '../../kernel/json-rpc/json-text.js';
import { readJsonBody } from '../http/body.js';
import { throttlePost } from '../http/post-throttle.js';
import { replyJson } from '../http/reply.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { paramsOf, CallerRequest } from '../http/caller.js';
import { endpointOf } from './endpoint.js';
import { NativeStream } from './native-stream.js';

export interface NativeSseSettings {
  /** Bytes of one POST. */
  maxBodySize: number;
  /** Bytes of one frame in it. */
  maxChannelFrame: number;
  /** Milliseconds between heartbeat events. */
  heartbeatInterval: number;
}

/** A stream that may be posted to. */
interface Listening {
  receiver: PushReceiver;
  pushConnection: NativeStream;
  /** Id of the principal that opened it: nobody else may post to it, should the path be seen. */
  owner: string;
}

/** Parameters that a native client has, and an MCP client has not. */
const NATIVE = ['client_id', 'resume_token', 'connection'];
const CONNECTION = 'connection';
/** Frames of one POST. */
const MOST = 100;

/** The event stream of native clients, `GET /mcp/sse?client_id=…`, and their way back, `POST /mcp/messages?connection=…`. */
export class NativeSse {
  private readonly streams = new Map<string, Listening>();
  private readonly wheel: HeartbeatTimer;

  constructor(
    private readonly pushConnections: PushInbound,
    private readonly counters: Counters,
    private readonly budget: Budget,
    private readonly settings: NativeSseSettings,
  ) {
    this.wheel = new HeartbeatTimer(Math.min(1_000, Math.ceil(settings.heartbeatInterval / 2)));
  }

  stop(): void {
    this.wheel.stop();
  }

  serves({ searchParams }: URL): boolean {
    return NATIVE.some(name => searchParams.has(name));
  }

  /** @throws GatewayError as `PushInbound.join` does */
  async listen(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    const { url, token, caller } = visit;
    const id = secretId();
    const pushConnection = new NativeStream(response, this.settings.heartbeatInterval, this.budget);
    const pushRequest = {
      protocol: 'event_stream' as const,
      address: caller.address,
      params: paramsOf(url),
      token,
      lastEventId: lastEventId(request, url),
      endpoint: endpointOf(CONNECTION, id, url),
    };
    const receiver = await this.pushConnections.join(pushRequest, pushConnection);
    if (response.destroyed) return receiver.gone();
    this.streams.set(id, { receiver, pushConnection, owner: caller.principal.id });
    this.wheel.add(pushConnection);
    this.counters.connections.add('http_sse');
    response.on('close', () => {
      this.streams.delete(id);
      this.wheel.delete(pushConnection);
      this.counters.connections.add('http_sse', -1);
      receiver.gone();
    });
    pushConnection.begin();
  }

  /** @throws GatewayError `session_not_found`, `parse_error`, `invalid_frame`, `message_too_large` */
  async post(request: IncomingMessage, response: ServerResponse, { url, caller }: CallerRequest): Promise<void> {
    const id = url.searchParams.get(CONNECTION) ?? '';
    const find = (): Listening => this.find(id, caller.principal.id);
    find();
    const frames = framesOf(await readJsonBody(request, this.settings.maxBodySize, this.budget));
    await throttlePost(find().receiver);
    const { receiver } = find();
    const answers = await Promise.all(frames.map(frame => this.answersTo(frame, receiver)));
    replyJson(response, 200, `[${answers.flat().join(',')}]`);
  }

  private find(id: string, principal: string): Listening {
    const stream = this.streams.get(id);
    if (stream?.owner !== principal || !stream.pushConnection.attached)
      throw new GatewayError('session_not_found', 'No such stream, or it has ended.');
    return stream;
  }

  private async answersTo(frame: string, receiver: PushReceiver): Promise<string[]> {
    if (Buffer.byteLength(frame) > this.settings.maxChannelFrame) {
      return [JSON.stringify({ type: 'error', id: null, ...new GatewayError('message_too_large').body })];
    }
    const answers: string[] = [];
    await receiver.receive(frame, text => answers.push(text));
    return answers;
  }
}

/** The text of each frame in a body. */
function framesOf(body: string): string[] {
  const at = skipSpace(body, 0);
  const value = parsed(body);
  if (!Array.isArray(value)) return [body.slice(at)];
  if (value.length > MOST) throw new GatewayError('message_too_large', `More than ${MOST} frames at once.`);
  return [...elements(body, at)].map(({ start, end }) => body.slice(start, end));
}

function parsed(text: string): object {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) throw new GatewayError('invalid_frame');
  return value;
}

function lastEventId({ headers }: IncomingMessage, { searchParams }: URL): string | undefined {
  const said = headers['last-event-id']?.toString();
  return said || searchParams.get('last_event_id') || searchParams.get('lastEventId') || undefined;
}
