import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Instance, ReplySink } from '../../kernel/ports/unit.js';
import { Holder, Lease } from '../../pool/lease.js';
import { Way } from './connector.js';
import { Era } from '../eras/era.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { UnitStats } from './unit-stats.js';
import { CoarseClock } from './coarse-clock.js';

/** A probe's lease is never taken back: it ends by itself. */
const HOLDER: Holder = {
  busy: true,
  client: '',
  attached: false,
  renewable: false,
  lastActiveAt: 0,
  reclaim: () => undefined,
};

/**
 * Active health checks: an `initialize` of the gateway's own, through the same circuit as everybody's. An instance that
 * starts a process for each link is asked only when it is in doubt; every handshake there says how it is anyway.
 */
export class HealthChecks {
  private readonly underWay = new Set<Instance>();

  constructor(
    private readonly way: Way,
    private readonly units: UnitStats,
    private readonly watch: CoarseClock,
    private readonly era: Era,
    /** Milliseconds: how long an instance has to answer, and how long its last answer to anybody is proof enough. */
    private readonly settings: { timeout: number; interval: number },
  ) {}

  /** One round; resolves when every instance has answered or had its time. */
  async round(): Promise<void> {
    const instances = this.way.router.units.flatMap(unit => unit.instances);
    await Promise.all(instances.filter(one => this.due(one)).map(one => this.probe(one)));
  }

  private due(instance: Instance): boolean {
    const { health, circuits, pools } = this.way;
    if (this.underWay.has(instance) || !pools.hasRoom(instance)) return false;
    if (health.isOut(instance) || circuits.state(instance) !== 'closed') return true;
    return !instance.isolated && this.watch.now - this.units.heardAt(instance) > this.settings.interval;
  }

  private async probe(instance: Instance): Promise<void> {
    const { health, circuits } = this.way;
    this.underWay.add(instance);
    try {
      await circuits.run(instance, () => this.ask(instance));
      health.succeeded(instance);
    } catch (thrown) {
      const { code, retryAfter } = toGatewayError(thrown);
      const asked = code !== 'circuit_open' && code !== 'pool_timeout' && retryAfter === null;
      if (asked) health.failed(instance);
    } finally {
      this.underWay.delete(instance);
    }
  }

  /** A handshake. @throws GatewayError why there was none */
  async ask(instance: Instance): Promise<void> {
    const handshake = new LegacyHandshake('0', this.settings.timeout);
    const sink: ReplySink = {
      receive: frame => void handshake.take(frame),
      failed: (_id, why) => void handshake.fail(why),
      ended: why => void handshake.fail(why),
    };
    let lease: Lease | undefined;
    try {
      lease = await this.way.pools.checkout(instance, HOLDER, sink, handshake.signal);
      lease.send(handshake.outgoing(this.era.probe()));
      await handshake.done;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      handshake.fail(error);
      throw error.code === 'outcome_unknown' ? new GatewayError('unit_unavailable', error.message) : error;
    } finally {
      // Its place must be free again before the next session wants it, but nobody waits for that here.
      void lease?.release();
    }
  }
}
