import { Connection } from '../kernel/ports/connection.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { JsonRpcMessage } from '../kernel/json-rpc/message.js';
import { Unit } from '../kernel/ports/unit.js';
import { readAgreement } from './eras/legacy/initialize.js';
import { Session } from '../session/session.js';
import { McpSession, McpSessionParts } from './mcp-session.js';
import { Ask } from './upstream/call.js';
import { UpstreamOwner } from './upstream/upstream-owner.js';
import { UpstreamSession } from './upstream/upstream-session.js';

/** A session joined to one unit: everything passes, in both directions, as it comes. */
export class SingleUnitSession extends McpSession implements UpstreamOwner {
  private readonly upstream: UpstreamSession;
  /** The client's `initialize`, until it is answered. */
  private opening: { frame: JsonRpcMessage; via: Connection } | undefined;

  constructor(
    private readonly session: Session,
    unit: Unit,
    private readonly parts: McpSessionParts,
    /** Which instance it should be. */
    readonly affinity: string,
  ) {
    super();
    this.upstream = parts.upstreams.create(this, unit);
  }

  get label(): string {
    return this.session.label;
  }

  get home(): Connection {
    return this.session.home;
  }

  get lastActiveAt(): number {
    return this.session.record.lastActiveAt;
  }

  clientOf(): string {
    return this.session.client;
  }

  readonly shared = false;

  /** A client that listens or is subscribed would miss what the unit says meanwhile. */
  get renewable(): boolean {
    return this.survives && !this.home.attached && this.upstream.subscriptions.size === 0;
  }

  get survives(): boolean {
    return this.upstream.unit.stateless;
  }

  get awaited(): boolean {
    return this.upstream.awaited;
  }

  get pending(): number {
    return this.opening ? 1 : 0;
  }

  touch(): void {
    this.parts.sessions.touch(this.session);
  }

  receive(frame: JsonRpcMessage, via: Connection): void {
    const { upstream } = this;
    const meaning = this.parts.era.classify(frame);
    if (meaning === 'open') return void this.initialize(frame, via);
    const early = !upstream.link || upstream.waiting !== undefined;
    if (early && meaning === 'liveness') return via.send(JsonRpcMessage.result(frame.id, {}));
    this.parts.upstreams.forward(upstream, frame, via);
  }

  end(error: GatewayError): void {
    const { opening } = this;
    this.opening = undefined;
    if (opening) this.parts.dispatcher.refuse(opening.frame, opening.via, error);
    this.parts.upstreams.end(this.upstream, error);
  }

  opened(answer: JsonRpcMessage): void {
    const { opening } = this;
    if (!opening) return;
    this.opening = undefined;
    const agreement = readAgreement(answer);
    if (!agreement && !answer.isError) {
      const message = 'The unit answered initialize with no InitializeResult.';
      this.opening = opening;
      return this.parts.end('unit_gone', new GatewayError('unit_unavailable', message));
    }
    this.touch();
    if (agreement) this.parts.sessions.activate(this.session, agreement);
    opening.via.send(answer.rewrite({ id: opening.frame.id }));
    if (!agreement) this.parts.end('done', new GatewayError('session_ended'));
  }

  notified(_unit: Unit, frame: JsonRpcMessage, { to }: Ask): void {
    to.send(frame);
  }

  /** State that died with its unit is never papered over: the session ends, and its client starts anew. */
  lost(why: GatewayError): void {
    if (!this.upstream.unit.stateless) this.parts.end('unit_gone', why);
  }

  reclaimed(): void {
    if (!this.upstream.unit.stateless) this.parts.end('reclaimed', new GatewayError('session_ended'));
  }

  /** A session takes its lease at `initialize` and keeps it; a failed handshake ends the session. */
  private async initialize(frame: JsonRpcMessage, via: Connection): Promise<void> {
    if (this.upstream.initialize) {
      const twice = new GatewayError('invalid_request', 'The session is already initialized.');
      return this.parts.dispatcher.refuse(frame, via, twice);
    }
    this.opening = { frame, via };
    try {
      await this.parts.upstreams.open(this.upstream, frame);
    } catch (thrown) {
      this.parts.end('unit_gone', toGatewayError(thrown));
    }
  }
}
