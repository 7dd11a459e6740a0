import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance, ReplySink, Unit } from '../../kernel/ports/unit.js';
import { Holder, Lease } from '../../pool/lease.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { RequestMap, Sequence } from '../eras/legacy/request-map.js';
import { Ask, Call, OWN } from './call.js';
import { LINK_TRANSITIONS, LinkEvent, LinkHealth, LinkState, WELL } from './link-state.js';
import { assertTransition } from '../../kernel/transitions.js';
import { UpstreamOwner } from './upstream-owner.js';

/** Calls a unit may go on with although nobody waits for them. */
const MAX_ABANDONED = 1_024;
/** Milliseconds that a drained link has for what it was told last, such as a cancellation. */
const LAST_WORDS = 1_000;

/** The upstream session that a link serves, as far as the link must know it. */
export interface LinkUser {
  readonly owner: UpstreamOwner;
  readonly unit: Unit;
  /** Whether something waits to be sent by its current link. */
  readonly waits: boolean;
}

/** Who decides what becomes of links: one for all. */
export interface LinkListener<S extends LinkUser> {
  /** The unit has answered `initialize`; called before anything that it says after it. */
  initialized(link: UpstreamLink<S>, answer: JsonRpcMessage): void;
  received(link: UpstreamLink<S>, frame: JsonRpcMessage, inReplyTo: string | undefined): void;
  /** The link goes on, but the call of this number has failed. */
  callFailed(link: UpstreamLink<S>, number: string, why: GatewayError): void;
  /** @param unsent number of the call that provably was not carried out */
  lost(link: UpstreamLink<S>, why: GatewayError, unsent?: string): void;
  /** The pool wants the lease back. */
  reclaimed(link: UpstreamLink<S>): void;
  /** The last call of a link that drained has ended. */
  drained(link: UpstreamLink<S>): void;
}

/**
 * One pooled connection that serves an upstream session: its lease, the calls that are waited for, the questions
 * (sampling, elicitation, roots) that the unit waits for, its life and its health.
 */
export class UpstreamLink<S extends LinkUser = LinkUser> implements Holder, ReplySink {
  /** client → unit */
  readonly calls = new RequestMap<Call>();
  /** unit → client */
  readonly asks: RequestMap<Ask>;
  private life: LinkState;
  private condition: LinkHealth = WELL;
  /** On a shared link: calls the unit was told to forget and has not answered, by number; whose they were. */
  private readonly forgotten = new Map<string, string>();
  /** More were abandoned than could be remembered: nothing can be told by what is in flight. */
  private forgottenTooMany = false;
  private lastHeardAt = 0;
  private lastPingedAt = 0;

  constructor(
    readonly session: S,
    readonly instance: Instance,
    handshake: LegacyHandshake,
    questions: Sequence,
    private readonly listener: LinkListener<S>,
  ) {
    this.asks = new RequestMap<Ask>(questions);
    this.life = { is: 'opening', handshake, lease: undefined };
  }

  get state(): LinkState['is'] {
    return this.life.is;
  }

  get health(): LinkHealth {
    return this.condition;
  }

  /** The lease it holds; none before it is checked out, and none once the link is given up. */
  get lease(): Lease | undefined {
    return 'lease' in this.life ? this.life.lease : undefined;
  }

  /** Whether what the unit says is heard. */
  get lives(): boolean {
    return this.life.is !== 'lost' && this.life.is !== 'closed';
  }

  /** `CoarseClock.now` when the unit was last heard, and when it was last asked for a sign of life; 0 for never. */
  get heardAt(): number {
    return this.lastHeardAt;
  }

  get pingedAt(): number {
    return this.lastPingedAt;
  }

  heard(now: number): void {
    this.lastHeardAt = now;
  }

  pinged(now: number): void {
    this.lastPingedAt = now;
  }

  checkedOut(lease: Lease): void {
    if (this.life.is !== 'opening') throw new Error(`A link that is ${this.life.is} takes no lease.`);
    this.life.lease = lease;
  }

  /** The unit has agreed to a version of the protocol. */
  agreed(version: string): void {
    this.move('initialized', { is: 'restoring', lease: this.lease! });
    this.lease!.negotiated(version);
  }

  restored(): void {
    this.move('restored', { is: 'open', lease: this.lease! });
  }

  /** Another link takes its place; it ends with the last of its calls. */
  drain(): void {
    this.move('left', { is: 'draining', lease: this.lease! });
  }

  /** The unit or the way to it failed. */
  lose(why: GatewayError): void {
    this.leave('failed', why)
      ?.release()
      .catch(() => undefined);
  }

  /** The gateway gives it up; resolves when its place in the pool is free again. */
  async close(why: GatewayError): Promise<void> {
    if (this.lives) await this.leave('given_up', why)?.release();
  }

  /** Gives it up, and lets what it was told last arrive. */
  closeSoon(): void {
    const lease = this.leave('given_up', new GatewayError('session_ended'));
    setTimeout(() => void lease?.release(), LAST_WORDS).unref();
    lease?.parked();
  }

  /** A call has failed, and the unit is asked whether it is still there. */
  asking(why: GatewayError, now: number): void {
    const { since, refusing, why: first } = this.suspicion(why, now);
    this.condition = { is: 'suspect', why: first, since, asking: true, refusing };
  }

  /** The instance takes no connections any more. */
  refusing(why: GatewayError, now: number): void {
    const { since, asking } = this.suspicion(why, now);
    this.condition = { is: 'suspect', why, since, asking, refusing: true };
  }

  /** It has answered, or nothing is known against it any more. */
  cleared(of: 'asking' | 'refusing'): void {
    if (this.condition.is === 'well') return;
    const left = { ...this.condition, [of]: false };
    this.condition = left.asking || left.refusing ? left : WELL;
  }

  /** @throws GatewayError `unit_unavailable` where the link is gone or takes no more */
  send(frame: JsonRpcMessage): void {
    const { lease } = this;
    if (!lease) throw new GatewayError('unit_unavailable');
    lease.send(frame);
  }

  /** Sends what is not worth an error: where the link is going, its end is told by itself. */
  tell(frame: JsonRpcMessage): void {
    try {
      this.lease?.send(frame);
    } catch {
      // As above.
    }
  }

  receive(frame: JsonRpcMessage, inReplyTo?: string): void {
    switch (this.life.is) {
      case 'opening':
        return this.receiveEarly(this.life.handshake, frame, inReplyTo);
      case 'restoring':
      case 'open':
      case 'draining':
        return this.listener.received(this, frame, inReplyTo);
      case 'lost':
      case 'closed':
        return;
    }
  }

  failed(id: string, why: GatewayError): void {
    if (this.life.is === 'opening') this.life.handshake.fail(why);
    else if (this.lives) this.listener.callFailed(this, id, why);
  }

  ended(why: GatewayError, unsent?: string): void {
    if (this.life.is === 'opening') this.life.handshake.fail(why);
    else if (this.lives) this.listener.lost(this, why, unsent);
  }

  /** The link took no more: the call of this number was not sent. */
  tookNoMore(why: GatewayError, number: string): void {
    // Where sending ended it, its calls have been dealt with.
    if (this.lives) this.listener.lost(this, why, number);
  }

  /** Calls of clients that the unit works on. */
  get inFlight(): number {
    let calls = 0;
    for (const { scope } of this.calls.values()) if (scope !== OWN) calls++;
    return calls;
  }

  /** Whether anybody listens for what is in flight, or one of those who use it. */
  isAwaited(by?: string): boolean {
    for (const { scope, context } of this.calls.values())
      if ((by === undefined || scope === by) && context.via.attached) return true;
    return false;
  }

  /** Nobody waits for this call any more, but the unit may work on it for a while. */
  abandon(number: string, scope: string): void {
    this.calls.take(number);
    if (!this.session.owner.shared || this.forgottenTooMany) return;
    this.forgotten.set(number, scope);
    if (this.forgotten.size <= MAX_ABANDONED) return;
    this.forgotten.clear();
    this.forgottenTooMany = true;
  }

  /** An abandoned call was answered after all. */
  answeredLate(number: string): void {
    this.forgotten.delete(number);
  }

  /** Whether the unit may still work on a call that somebody else has abandoned. */
  mayWorkForOthersThan(scope: string): boolean {
    return this.forgottenTooMany || [...this.forgotten.values()].some(whose => whose !== scope);
  }

  /** Whether it is a place in the pool that is in use. */
  get busy(): boolean {
    if (this.calls.size > 0 || this.asks.size > 0) return true;
    return this.life.is !== 'draining' && this.lives && this.session.waits;
  }

  /** A call has ended: with the last one the lease is parked, and somebody may wait for it. */
  settled(): void {
    if (this.busy) return;
    if (this.life.is === 'draining') this.listener.drained(this);
    else this.lease?.parked();
  }

  get attached(): boolean {
    return this.session.owner.home.attached;
  }

  get client(): string {
    return this.session.owner.clientOf('');
  }

  get renewable(): boolean {
    return this.session.owner.renewable;
  }

  get lastActiveAt(): number {
    return this.session.owner.lastActiveAt;
  }

  reclaim(lease: Lease): void {
    if (this.lease === lease) this.listener.reclaimed(this);
    else void lease.release();
  }

  /** What is said of it in facts. */
  get about(): { unit: string; instance: string; session: string } {
    return { unit: this.session.unit.name, instance: this.instance.id, session: this.session.owner.label };
  }

  private receiveEarly(handshake: LegacyHandshake, frame: JsonRpcMessage, inReplyTo: string | undefined): void {
    if (handshake.failed) return;
    const answer = handshake.take(frame);
    if (answer) this.listener.initialized(this, answer);
    else if (frame.kind === 'request') this.send(handshake.answerEarly(frame));
    else this.listener.received(this, frame, inReplyTo);
  }

  private suspicion(why: GatewayError, now: number): Extract<LinkHealth, { is: 'suspect' }> {
    if (this.condition.is === 'suspect') return this.condition;
    return { is: 'suspect', why, since: now, asking: false, refusing: false };
  }

  /** @returns the lease, which is to be released */
  private leave(event: 'failed' | 'given_up', why: GatewayError): Lease | undefined {
    const { life, lease } = this;
    this.move(event, { is: event === 'failed' ? 'lost' : 'closed' });
    this.condition = WELL;
    if (life.is === 'opening') life.handshake.fail(why);
    return lease;
  }

  private move(event: LinkEvent, to: LinkState): void {
    assertTransition(LINK_TRANSITIONS, 'a link', this.life.is, event, to.is);
    this.life = to;
  }
}
