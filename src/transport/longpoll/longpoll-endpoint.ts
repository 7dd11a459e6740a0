import { IncomingMessage, ServerResponse } from 'node:http';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { PushInbound, PushReceiver } from '../../kernel/ports/push-connection.js';
import { secretId } from '../../kernel/ids.js';
import { Log } from '../../kernel/log.js';
import { throttlePost } from '../http/post-throttle.js';
import { readBody } from '../http/body.js';
import { RequestAdmission } from '../http/admission.js';
import { allowOrigin, replyPreflight } from '../http/reply.js';
import { HeartbeatTarget, HeartbeatTimer } from '../http/heartbeat-timer.js';
import { paramsOf } from '../http/caller.js';
import { framesOf } from './frames.js';
import { LongpollConnection } from './longpoll-connection.js';
import { replyStatus } from './status.js';

export interface LongpollSettings {
  /** Bytes of one frame. */
  maxChannelFrame: number;
  /** Milliseconds that a poll waits for messages. */
  pollTimeout: number;
  /** Milliseconds that a connection may be without a session. */
  handshakeTimeout: number;
  /** Polling clients at a time: they have no socket that would be counted. */
  maxConnections: number;
}

/** Where the tokens of this door begin: a client's credentials stand under the same name in the URL. */
const MARK = 'lp.';
/** Milliseconds after which a client that does not ask is gone. */
const IDLE = 30_000;
/** How many frames of the largest size a POST may hold. */
const BATCH = 64;
/** Bytes of answers that may wait for a client before nothing more is taken of it. */
const MAX_UNREAD = 1024 * 1024;

/** A client that polls. */
interface Poller {
  pushConnection: LongpollConnection;
  receiver: PushReceiver;
  /** Since when it belongs to no session, milliseconds since the epoch. */
  apartSince: number;
}

/** Phoenix's long poll, where clients go that get no WebSocket through: `/mcp/ws/longpoll`. */
export class LongpollEndpoint implements HeartbeatTarget {
  private readonly pollers = new Map<string, Poller>();
  private readonly wheel: HeartbeatTimer;

  constructor(
    private readonly pushConnections: PushInbound,
    private readonly threshold: RequestAdmission,
    private readonly counters: Counters,
    private readonly log: Log,
    private readonly budget: Budget,
    private readonly settings: LongpollSettings,
  ) {
    this.wheel = new HeartbeatTimer(Math.min(1_000, Math.ceil(settings.pollTimeout / 4)));
  }

  get size(): number {
    return this.pollers.size;
  }

  stop(): void {
    this.wheel.stop();
    for (const token of [...this.pollers.keys()]) this.drop(token);
  }

  serves({ pathname }: URL): boolean {
    return pathname === '/mcp/ws/longpoll';
  }

  /** Never rejects: what is wrong is told in the answer. */
  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      const origin = this.threshold.guard.check(request);
      if (origin !== undefined) allowOrigin(response, origin);
      if (request.method === 'OPTIONS') replyPreflight(response);
      else if (request.method === 'GET') await this.get(request, response, url);
      else if (request.method === 'POST') await this.post(request, response, url);
      else throw new GatewayError('method_not_allowed');
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a poll failed');
      this.counters.failed(error.code, 'http_sse');
      replyStatus(response, statusOf(error), error.body);
    }
  }

  beat(now: number): void {
    for (const [token, poller] of this.pollers) this.look(token, poller, now);
  }

  private look(token: string, poller: Poller, now: number): void {
    const { pushConnection, receiver } = poller;
    if (receiver.joined) poller.apartSince = now;
    else if (now - poller.apartSince > this.settings.handshakeTimeout) pushConnection.close('refused');
    if (pushConnection.waitsFor(this.settings.pollTimeout, now)) pushConnection.answer();
    const lost = pushConnection.idleFor(now) > IDLE || pushConnection.stuck;
    if (lost) pushConnection.cut();
    if (lost || pushConnection.done) this.drop(token);
  }

  private async get(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const token = sessionToken(url);
    const poller = token === undefined ? undefined : this.pollers.get(token);
    if (!poller) return this.begin(request, response, url);
    poller.pushConnection.wait(response);
    if (poller.pushConnection.done) this.drop(token!);
  }

  /** Also for whoever comes with a token that is no longer known: 410 tells it to begin anew. */
  private async begin(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { caller, token, url: cleaned } = this.threshold.callers.identify(request, 'http_sse', withoutSession(url));
    await this.threshold.limits.knock(caller.address);
    const seated = this.threshold.connectionLimit.take('http_sse');
    try {
      await this.threshold.gate.enter(() => !response.destroyed);
      if (this.pollers.size >= this.settings.maxConnections) throw new GatewayError('too_many_connections');
      if (!response.destroyed) this.seat(response, caller.address, paramsOf(cleaned), token);
    } finally {
      seated();
    }
  }

  private seat(response: ServerResponse, address: string, params: Record<string, string>, token?: string): void {
    const session = MARK + secretId();
    const pushConnection = new LongpollConnection(session, this.budget);
    const receiver = this.pushConnections.connect({ protocol: 'phoenix', address, params, token }, pushConnection);
    this.pollers.set(session, { pushConnection, receiver, apartSince: Date.now() });
    this.counters.connections.add('http_sse');
    this.wheel.add(this);
    replyStatus(response, 410, { token: session, messages: [] });
  }

  private async post(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const token = sessionToken(url) ?? '';
    if (!this.pollers.has(token)) return replyStatus(response, 410);
    const { maxChannelFrame } = this.settings;
    const body = await readBody(request, maxChannelFrame * BATCH, this.budget);
    const frames = framesOf(body, request.headers['content-type'] ?? '', maxChannelFrame);
    const held = this.pollers.get(token);
    if (held) await throttlePost(held.receiver);
    const poller = this.pollers.get(token);
    if (!poller?.pushConnection.attached) return replyStatus(response, 410);
    poller.pushConnection.seen();
    for (const frame of frames) {
      if (poller.pushConnection.buffered > MAX_UNREAD) throw new GatewayError('overloaded', undefined, 1_000);
      void poller.receiver.receive(frame);
    }
    replyStatus(response, 200);
  }

  private drop(token: string): void {
    const poller = this.pollers.get(token);
    if (!poller) return;
    this.pollers.delete(token);
    if (this.pollers.size === 0) this.wheel.delete(this);
    this.counters.connections.add('http_sse', -1);
    poller.pushConnection.end();
    poller.receiver.gone();
  }
}

/** The last of the parameters is the client's own; those before it are what its application put into the URL. */
function sessionToken({ searchParams }: URL): string | undefined {
  const last = searchParams.getAll('token').at(-1);
  return last?.startsWith(MARK) ? last : undefined;
}

function withoutSession(url: URL): URL {
  const cleaned = new URL(url);
  const credentials = url.searchParams.getAll('token').filter(token => !token.startsWith(MARK));
  cleaned.searchParams.delete('token');
  for (const token of credentials) cleaned.searchParams.append('token', token);
  return cleaned;
}

/** What a Phoenix client knows: 403 is a refusal, anything else that is not its business it takes for our failure. */
function statusOf({ httpStatus }: GatewayError): number {
  if (httpStatus === 401 || httpStatus === 403) return 403;
  return httpStatus === 400 || httpStatus === 413 ? httpStatus : 500;
}
