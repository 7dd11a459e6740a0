import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance, ReplySink } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { Health } from '../../routing/health.js';
import { Router } from '../../routing/router.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { UpstreamSession } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';

/** The stations between a session and its unit, in the order in which they are passed. */
export class Way {
  constructor(
    readonly router: Router,
    readonly health: Health,
    readonly circuits: Circuits,
    readonly pools: Pools,
  ) {}
}

/** What becomes of what a unit says. */
export interface Bound {
  /** The answer to `initialize`, before anything that the unit says after it. */
  opened(upstream: UpstreamSession, answer: JsonRpcMessage): void;
  received(upstream: UpstreamSession, frame: JsonRpcMessage, inReplyTo: string | undefined): void;
  failed(upstream: UpstreamSession, instance: Instance, id: string, why: GatewayError): void;
  lost(upstream: UpstreamSession, instance: Instance, why: GatewayError, unsent: string | undefined): void;
}

/** What says that an instance is not well; a full pool or an open circuit does not, nor one that was spared an attempt. */
const SICK = new Set(['unit_unavailable', 'unit_timeout']);

/** Binds a relay to an instance: to the one it should have or, where that fails before it has answered, to the next. */
export class UpstreamConnector {
  constructor(
    private readonly way: Way,
    private readonly units: UnitStats,
    private readonly bus: EventBus,
    private readonly clock: Clock,
    /** Milliseconds a unit has to answer `initialize`. */
    private readonly startTimeout: number,
  ) {}

  /**
   * Resolves when the unit has answered `initialize`.
   * @throws GatewayError the last candidate's, or why the owner ended meanwhile
   */
  async bind(upstream: UpstreamSession, initialize: JsonRpcMessage, bound: Bound): Promise<void> {
    let failure = new GatewayError('unit_unavailable');
    for (const instance of this.candidates(upstream)) {
      try {
        await this.way.circuits.run(instance, () => this.attempt(upstream, instance, initialize, bound));
        return this.way.health.succeeded(instance);
      } catch (thrown) {
        failure = toGatewayError(thrown);
        if (upstream.ended) break;
        if (SICK.has(failure.code) && failure.retryAfter === null) this.units.unopened(instance);
        const { code: error, message } = failure;
        const about = { unit: upstream.unit.name, instance: instance.id, session: upstream.owner.label };
        this.bus.emit('link_failed', { ...about, error, message });
      }
    }
    throw failure;
  }

  private candidates({ unit, owner, avoid, wanted }: UpstreamSession): Instance[] {
    const rank = (one: Instance): number => Number(one === avoid) - Number(one === wanted);
    return this.way.router.candidates(unit, owner.affinity).sort((a, b) => rank(a) - rank(b));
  }

  private async attempt(
    upstream: UpstreamSession,
    instance: Instance,
    initialize: JsonRpcMessage,
    bound: Bound,
  ): Promise<void> {
    if (upstream.ended) throw new GatewayError('session_ended');
    const startedAt = this.clock.elapsed();
    const handshake = new LegacyHandshake(initialize.id, this.startTimeout);
    upstream.handshake = handshake;
    let lease: Lease | undefined;
    try {
      const sink = sinkOf(upstream, handshake, instance, bound);
      lease = await this.way.pools.checkout(instance, upstream, sink, handshake.signal);
      upstream.lease = lease;
      lease.send(handshake.outgoing(initialize));
      await handshake.done;
    } catch (thrown) {
      const error = beforeAnswer(toGatewayError(thrown));
      handshake.fail(error);
      if (upstream.lease === lease) upstream.lease = undefined;
      await lease?.release();
      throw error;
    }
    if (upstream.lease === lease) upstream.avoid = upstream.wanted = undefined;
    const { label: session } = upstream.owner;
    const tookMs = this.clock.elapsed() - startedAt;
    this.bus.emit('link_opened', { unit: upstream.unit.name, instance: instance.id, session, tookMs });
  }
}

/** Where a link's frames go; a link that was given up says nothing to anybody. */
function sinkOf(upstream: UpstreamSession, handshake: LegacyHandshake, instance: Instance, bound: Bound): ReplySink {
  /** Undefined where nobody hears it any more. */
  const hearer = (): UpstreamSession | undefined => {
    if (handshake.failed || upstream.ended) return undefined;
    return upstream.handshake === handshake ? upstream : upstream.behind(handshake);
  };
  return {
    receive: (frame, inReplyTo) => {
      const to = hearer();
      if (!to) return;
      const answer = handshake.take(frame);
      if (answer) bound.opened(to, answer);
      else if (handshake.underWay && frame.kind === 'request') answerEarly(to, frame);
      else bound.received(to, frame, inReplyTo);
    },
    failed: (id, why) => {
      const to = hearer();
      if (to && !handshake.fail(why)) bound.failed(to, instance, id, why);
    },
    ended: (why, unsent) => {
      const to = hearer();
      if (to && !handshake.fail(why)) bound.lost(to, instance, why, unsent);
    },
  };
}

/** A unit may ping before it is initialized (MCP, lifecycle); the client cannot answer yet, so the gateway does. */
function answerEarly(upstream: UpstreamSession, { id, method }: JsonRpcMessage): void {
  const early = new GatewayError('not_initialized', 'The client is not initialized yet.');
  upstream.lease?.send(method === 'ping' ? JsonRpcMessage.result(id, {}) : JsonRpcMessage.error(id, early));
}

/** Before `initialize` is answered nothing has happened at the unit that anybody could be unsure of. */
function beforeAnswer(error: GatewayError): GatewayError {
  if (error.code !== 'outcome_unknown') return error;
  return new GatewayError('unit_unavailable', 'The unit ended or broke off before it answered initialize.');
}
