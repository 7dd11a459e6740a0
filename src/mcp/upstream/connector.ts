import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { InstanceHealth } from '../../routing/instance-health.js';
import { Router } from '../../routing/router.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { UpstreamSession } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';

/** The stations between a session and its unit, in the order in which they are passed. */
export class Way {
  constructor(
    readonly router: Router,
    readonly health: InstanceHealth,
    readonly circuits: Circuits,
    readonly pools: Pools,
  ) {}
}

/** What says that an instance is not well; a full pool or an open circuit does not, nor one that was spared an attempt. */
const SICK = new Set(['unit_unavailable', 'unit_timeout']);

/** Opens links: to the instance that a session should have or, where that fails before it has answered, to the next. */
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
   * Resolves when a unit has answered `initialize`.
   * @throws GatewayError the last candidate's, or why the owner ended meanwhile
   */
  async connect(upstream: UpstreamSession, initialize: JsonRpcMessage): Promise<void> {
    let failure = new GatewayError('unit_unavailable');
    for (const instance of this.candidates(upstream)) {
      try {
        await this.way.circuits.run(instance, () => this.attempt(upstream, instance, initialize));
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

  private async attempt(upstream: UpstreamSession, instance: Instance, initialize: JsonRpcMessage): Promise<void> {
    if (upstream.ended) throw new GatewayError('session_ended');
    const startedAt = this.clock.elapsed();
    const handshake = new LegacyHandshake(initialize.id, this.startTimeout);
    const link = upstream.attempt(instance, handshake);
    let lease: Lease | undefined;
    try {
      lease = await this.way.pools.checkout(instance, link, link, handshake.signal);
      // Its owner may have ended in the same turn of the event loop.
      handshake.signal.throwIfAborted();
      link.checkedOut(lease);
      lease.send(handshake.outgoing(initialize));
      await handshake.done;
    } catch (thrown) {
      const error = beforeAnswer(toGatewayError(thrown));
      await link.close(error);
      await lease?.release();
      throw error;
    }
    if (upstream.link === link) upstream.avoid = upstream.wanted = undefined;
    const tookMs = this.clock.elapsed() - startedAt;
    this.bus.emit('link_opened', { ...link.about, tookMs });
  }
}

/** Before `initialize` is answered nothing has happened at the unit that anybody could be unsure of. */
function beforeAnswer(error: GatewayError): GatewayError {
  if (error.code !== 'outcome_unknown') return error;
  return new GatewayError('unit_unavailable', 'The unit ended or broke off before it answered initialize.');
}
