import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Unit } from '../../kernel/ports/unit.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { CallQueues } from './call-queues.js';
import { SilenceTimeouts, TimedOut } from './silence-timeouts.js';
import { OWN } from './call.js';
import { InternalConnection } from './internal-connection.js';
import { LinkLifecycle, LinkLifecycleParts } from './link-lifecycle.js';
import { Rebalancer } from './rebalancer.js';
import { Link, Turn, UpstreamSession } from './upstream-session.js';
import { UpstreamOwner } from './upstream-owner.js';

/** What the messages of upstream sessions pass. */
export interface UpstreamSessionsParts extends LinkLifecycleParts {
  rebalancer: Rebalancer;
  timeouts: SilenceTimeouts;
  queues: CallQueues;
}

/** All upstream sessions: what clients and the gateway itself send goes in here. */
export class UpstreamSessions {
  private readonly live = new Set<UpstreamSession>();
  private readonly questions = new Sequence();

  constructor(
    private readonly parts: UpstreamSessionsParts,
    private readonly links: LinkLifecycle,
  ) {
    const { watch, timeouts, queues, rebalancer, dispatcher } = parts;
    watch.start(timeouts.every, () => this.look());
    queues.start({ send: turn => this.resume(turn), refuse: (turn, why) => dispatcher.expire(turn, why) });
    rebalancer.start(this.live, async upstream => {
      if (!upstream.ended && !upstream.link && !upstream.waiting) await links.reopen(upstream);
    });
  }

  create(owner: UpstreamOwner, unit: Unit): UpstreamSession {
    const upstream = new UpstreamSession(owner, unit, this.questions, this.links);
    this.live.add(upstream);
    return upstream;
  }

  /** @see LinkLifecycle.open */
  open(upstream: UpstreamSession, initialize: JsonRpcMessage): Promise<void> {
    return this.links.open(upstream, initialize);
  }

  /** Takes a client's frame, and opens a link first where there is none. */
  forward(upstream: UpstreamSession, frame: JsonRpcMessage, via: Connection, scope = ''): void {
    const { dispatcher } = this.parts;
    if (frame.kind === 'request' && upstream.forgotten && scope !== OWN) {
      upstream.forgotten = false;
      return dispatcher.refuse(frame, via, new GatewayError('state_lost'));
    }
    if (frame.kind === 'request') {
      const refusal = this.seeTo(upstream, scope);
      if (refusal) return dispatcher.refuse(frame, via, refusal);
    }
    if (frame.kind !== 'response' && scope !== OWN) this.parts.units.absorb(upstream.unit, frame);
    dispatcher.forward(upstream, frame, via, scope);
  }

  /** Sees to it that there is a link. @throws GatewayError why there is none */
  async linked(upstream: UpstreamSession): Promise<void> {
    if (!upstream.link) await this.links.reopen(upstream);
    if (!upstream.link) throw new GatewayError('unit_unavailable', 'The unit refused to initialize.');
  }

  /** One of those who use it leaves: what it waits for is answered with this error, as is what it was asked. */
  leave(upstream: UpstreamSession, scope: string, error: GatewayError): void {
    const { dispatcher, recovery } = this.parts;
    for (const link of [...upstream.links()]) {
      for (const { number, id, scope: whose, context } of [...link.calls.values()]) {
        if (whose !== scope) continue;
        this.abandon(link, number, scope);
        recovery.answer(context.via, id, error);
      }
      for (const { number, id, context } of [...link.asks.values()]) {
        if (context.scope !== scope) continue;
        link.asks.take(String(number));
        link.tell(JsonRpcMessage.error(id, error));
      }
    }
    const waiting = upstream.withdrawWaiting(one => one.scope === scope);
    waiting.push(...dispatcher.withdraw(upstream, scope));
    for (const { frame, via } of waiting) dispatcher.refuse(frame, via, error);
    for (const link of [...upstream.links()]) link.settled();
  }

  /** Nobody is there to answer this question. */
  decline(upstream: UpstreamSession, question: JsonRpcMessage): void {
    const error = new GatewayError('unknown_method', 'It cannot be told which client this is for.');
    const answer =
      this.parts.era.classify(question) === 'liveness'
        ? JsonRpcMessage.result(question.id, {})
        : JsonRpcMessage.error(question.id, error);
    this.parts.dispatcher.forward(upstream, answer, new InternalConnection());
  }

  /** A request of the gateway's own. Resolves with the unit's answer or with an error frame. */
  inquire(upstream: UpstreamSession, method: string, params?: object): Promise<JsonRpcMessage> {
    const connection = new InternalConnection();
    this.forward(upstream, this.links.request(method, params), connection, OWN);
    return connection.answer;
  }

  /** @see LinkLifecycle.ping */
  ping(link: Link): Promise<JsonRpcMessage> {
    return this.links.ping(link);
  }

  /** Ends one: whoever waits is answered, the leases go back. */
  end(upstream: UpstreamSession, error: GatewayError): void {
    const { dispatcher, rebalancer, recovery } = this.parts;
    if (!this.live.delete(upstream)) return;
    rebalancer.forget(upstream);
    for (const link of upstream.links())
      for (const { id, context } of link.calls.clear()) recovery.answer(context.via, id, error);
    const queued = dispatcher.withdraw(upstream);
    upstream.end(error);
    if (queued.length > 0) upstream.wait(...queued);
    recovery.stranded(upstream, error);
  }

  /** Upstream sessions, and links that drain. */
  get size(): number {
    let draining = 0;
    for (const upstream of this.live) draining += upstream.draining.size;
    return this.live.size + draining;
  }

  all(): Iterable<UpstreamSession> {
    return this.live;
  }

  *allLinks(): Generator<Link> {
    for (const upstream of this.live) yield* upstream.links();
  }

  /** Calls that clients wait for, handshakes included. */
  get load(): number {
    return [...this.live].reduce((sum, { load }) => sum + load, 0);
  }

  /** Before a call: sees to it that there is a link it may go by, or is going to be. @returns why there is none */
  private seeTo(upstream: UpstreamSession, scope?: string): GatewayError | undefined {
    const refusal = scope === OWN ? undefined : this.parts.rebalancer.check(upstream);
    if (!refusal && !upstream.link && !upstream.waiting && upstream.initialize) void this.links.reopen(upstream);
    return refusal;
  }

  /** It is this call's turn. */
  private resume(turn: Turn): void {
    const refusal = this.seeTo(turn.upstream);
    if (refusal) this.parts.dispatcher.expire(turn, refusal);
    else this.parts.dispatcher.resume(turn);
  }

  private look(): void {
    const { now } = this.parts.watch;
    for (const found of this.parts.timeouts.look(this.allLinks(), now)) this.timedOut(found);
  }

  private timedOut(found: TimedOut): void {
    const { link } = found;
    switch (found.what) {
      case 'call':
        return this.overdue(link, found.number);
      case 'silent':
        link.pinged(this.parts.watch.now);
        return void this.links.ping(link);
      case 'dead':
        return this.links.lost(link, new GatewayError('unit_timeout', 'The unit gave no sign of life.'));
    }
  }

  private overdue(link: Link, number: string): void {
    const entry = link.calls.get(number);
    if (!entry) return;
    this.parts.units.overdue(link.instance);
    this.abandon(link, entry.number, entry.scope, 'The gateway waited as long as it may.');
    this.parts.recovery.answer(entry.context.via, entry.id, new GatewayError('unit_timeout'));
    link.settled();
  }

  /** Nobody waits for this call any more, and the unit is told so. */
  private abandon(link: Link, number: number, scope: string, reason?: string): void {
    link.abandon(String(number), scope);
    link.tell(this.parts.era.cancelled(number, reason));
  }
}
