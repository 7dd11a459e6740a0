import { setTimeout as delay } from 'node:timers/promises';
import { Audit, DoubleCount, ProbeResult } from '../../kernel/ports/audit.js';
import { Clock } from '../../kernel/clock.js';
import { ErrorCode, GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Instance } from '../../kernel/ports/unit.js';
import { Way } from '../../mcp/upstream/connector.js';
import { HealthChecks } from '../../mcp/upstream/health-checks.js';
import { Link } from '../../mcp/upstream/upstream-session.js';
import { UpstreamLink } from '../../mcp/upstream/upstream-link.js';
import { UpstreamSessions } from '../../mcp/upstream/upstream-sessions.js';
import { OutboxAudit } from './outbox-audit.js';

/** How S3* sees units for itself. */
export class UnitAudit implements Omit<Audit, 'outboxes'> {
  constructor(
    private readonly way: Way,
    private readonly healthChecks: HealthChecks,
    private readonly upstreams: UpstreamSessions,
    private readonly clock: Clock,
    /** Milliseconds that an instance has to answer. */
    private readonly timeout: number,
  ) {}

  units(): readonly string[] {
    return this.way.router.names;
  }

  async probe(unit: string): Promise<ProbeResult> {
    const startedAt = this.clock.elapsed();
    const tookMs = (): number => this.clock.elapsed() - startedAt;
    try {
      await this.ask(this.drawn(unit));
      return { unit, ok: true, tookMs: tookMs() };
    } catch (thrown) {
      return { unit, ok: false, tookMs: tookMs(), error: toGatewayError(thrown).code };
    }
  }

  /**
   * Each lease takes a place, and so does one that is being opened. Each link of an upstream session is
   * known to the pool, and the pool knows of none that no session has.
   */
  leases(): DoubleCount[] {
    const held = new Map<Instance, number>();
    for (const { lease, instance } of this.upstreams.allLinks())
      if (lease && !lease.leaving) held.set(instance, (held.get(instance) ?? 0) + 1);
    return this.way.pools.all().flatMap(pool => {
      const { instance, leases: found, given: booked } = pool;
      let given = 0;
      for (const holder of pool.holders()) if (holder instanceof UpstreamLink && holder.lives) given++;
      return [
        { what: 'places', of: instance.id, booked, found, relation: 'at_most' as const },
        { what: 'leases', of: instance.id, booked: given, found: held.get(instance) ?? 0, relation: 'equal' as const },
      ];
    });
  }

  private drawn(unit: string): Instance {
    const { instances } = this.way.router.unit(unit);
    const drawn = instances[Math.floor(Math.random() * instances.length)];
    if (!drawn) throw new GatewayError('unit_unavailable', 'The unit has no instances.');
    return drawn;
  }

  /** By a link of the gateway's own that has nothing to do; where there is none, by a handshake. */
  private async ask(instance: Instance): Promise<void> {
    const { circuits } = this.way;
    const link = this.idleLink(instance);
    if (!link) return circuits.run(instance, () => this.healthChecks.ask(instance));
    if (circuits.state(instance) === 'open') throw circuits.refusal(instance);
    await this.ping(link);
  }

  private idleLink(instance: Instance): Link | undefined {
    for (const { owner, link, settledIn, busy } of this.upstreams.all()) {
      if (owner.shared && link?.instance === instance && settledIn && !busy) return link;
    }
    return undefined;
  }

  /** That the unit knows no `ping` is a sign of life, too. */
  private async ping(link: Link): Promise<void> {
    const giveUp = new AbortController();
    const late = delay(this.timeout, undefined, { ref: false, signal: giveUp.signal }).catch(() => undefined);
    const answer = await Promise.race([this.upstreams.ping(link), late]);
    giveUp.abort();
    if (!answer) throw new GatewayError('unit_timeout', `The unit did not answer ping within ${this.timeout} ms.`);
    const { data } = (answer.view.error ?? {}) as { data?: { reason?: ErrorCode } };
    if (data?.reason !== undefined) throw new GatewayError(data.reason);
  }
}

/** All that S3* may see for itself: units, and what is owed to clients. */
export class GatewayAudit extends Audit {
  constructor(
    private readonly ofUnits: UnitAudit,
    private readonly ofOutboxes: OutboxAudit,
  ) {
    super();
  }

  units(): readonly string[] {
    return this.ofUnits.units();
  }

  probe(unit: string): Promise<ProbeResult> {
    return this.ofUnits.probe(unit);
  }

  outboxes(most: number): Promise<DoubleCount[]> {
    return this.ofOutboxes.count(most);
  }

  leases(): DoubleCount[] {
    return this.ofUnits.leases();
  }
}
