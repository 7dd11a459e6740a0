import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Instance, ReplySink, UnitLink } from '../kernel/ports/unit.js';
import { ExhaustionAlarm } from './exhaustion-alarm.js';
import { Backoff } from './backoff.js';
import { CheckoutStats } from './checkout-stats.js';
import { Holder, Lease, LeaseKeeper } from './lease.js';
import { Semaphore } from './semaphore.js';
import { leasesToEvict } from './eviction.js';

export interface Sizing {
  /** Leases out at once: `size`, and `overflow` more under pressure. */
  readonly size: number;
  readonly overflow: number;
}

export interface PoolSettings {
  /** Milliseconds to wait for a free place. */
  readonly checkoutTimeout: number;
  /** Milliseconds after which a lease that nobody uses goes back. */
  readonly idleTimeout: number;
}

/** What a caller wants a lease for. */
interface Wish {
  readonly sink: ReplySink;
  readonly signal: AbortSignal;
  readonly client: string;
  readonly forced?: boolean;
}

/** What all pools work with. */
export interface PoolParts {
  readonly clock: Clock;
  readonly bus: EventBus;
  /** 0 ≤ random < 1, for the delays after failures. */
  readonly random: () => number;
}

/**
 * The leases of one instance. Who wants one gets a *place* first; the link is opened by whoever has the place. So a link
 * that fails to open is that caller's error and nobody else's.
 *
 * A lease whose holder has something in flight is in use and never taken; the others are parked, and go back when
 * somebody else wants the place, when the pool shrinks or drains, and when nobody has used them for long.
 */
export class InstancePool {
  private readonly semaphore: Semaphore;
  private readonly backoff: Backoff;
  private readonly alarm: ExhaustionAlarm;
  private readonly out = new Set<Lease>();
  readonly checkouts = new CheckoutStats();
  private count = 0;
  private readonly keeper: LeaseKeeper = {
    counted: parked => {
      this.count += parked;
      this.alarm.check();
    },
    parked: () => this.makeRoom(),
    released: lease => {
      this.out.delete(lease);
      this.count--;
      this.vacate();
    },
  };
  private draining = false;

  constructor(
    readonly instance: Instance,
    private sizing: Sizing,
    private readonly settings: PoolSettings,
    private readonly parts: PoolParts,
  ) {
    const { checkoutTimeout } = settings;
    const late = (): GatewayError => this.full(`No lease became free within ${checkoutTimeout} ms`);
    this.semaphore = new Semaphore(this.limit, checkoutTimeout, late);
    this.backoff = new Backoff(instance, parts.clock, parts.random);
    this.alarm = new ExhaustionAlarm(this, parts.bus, parts.clock);
  }

  get size(): number {
    return this.sizing.size;
  }

  get overflow(): number {
    return this.sizing.overflow;
  }

  get limit(): number {
    return this.size + this.overflow;
  }

  /** Places taken, by leases in use, parked ones and those being opened or closed. */
  get leases(): number {
    return this.semaphore.taken;
  }

  /** Leases given out, those counted that are on their way back. */
  get given(): number {
    return this.out.size;
  }

  /** Who has leases, those not counted that are on their way back. */
  *holders(): IterableIterator<Holder> {
    for (const lease of this.out) if (!lease.leaving) yield lease.holder;
  }

  /** Leases whose holder has nothing in flight, and those on their way back. */
  get parked(): number {
    return this.count;
  }

  /** Leases with something in flight, also those being opened: somebody waits for them. */
  get inUse(): number {
    return this.leases - this.parked;
  }

  get waiting(): number {
    return this.semaphore.waiting;
  }

  /**
   * @param signal gives up: the caller leaves at once and its place goes to the next
   * @param forced waits however long it is until the next attempt at an instance that fails
   * @throws GatewayError `pool_timeout`, `unit_unavailable`, or the reason of the signal
   */
  async checkout(holder: Holder, sink: ReplySink, signal: AbortSignal, forced = false): Promise<Lease> {
    const { clock } = this.parts;
    const since = clock.elapsed();
    const lease = this.give(await this.open(holder, { sink, signal, forced, client: holder.client }));
    this.checkouts.note(clock.elapsed() - since);
    return lease;
  }

  /** More room lets those in who wait; with less, parked leases beyond it go back, the others when they are parked. */
  resize(sizing: Sizing): void {
    this.sizing = sizing;
    this.semaphore.resize(this.limit);
    this.makeRoom();
    this.alarm.check();
  }

  /**
   * Takes back the leases that nobody has used for the idle time. One whose client listens and would notice is left to
   * its session's own idle time.
   * @param now milliseconds since the epoch
   */
  reapIdle(now: number, idleMs = this.settings.idleTimeout): number {
    const before = now - idleMs;
    let count = 0;
    for (const lease of this.out) {
      const { lastActiveAt, attached, renewable } = lease.holder;
      if (lease.spare && lastActiveAt < before && (renewable || !attached)) {
        lease.reclaim();
        count++;
      }
    }
    this.makeRoom();
    return count;
  }

  /** Gives out nothing more, and takes leases back as soon as they are parked; resolves when none is left. */
  async drain(): Promise<void> {
    this.shut();
    this.makeRoom();
    await this.semaphore.emptied();
    this.alarm.end();
  }

  /** Ends every lease, whatever is in flight. */
  async close(): Promise<void> {
    this.shut();
    for (const lease of this.out) void lease.release();
    await this.semaphore.emptied();
    this.alarm.end();
  }

  private give(lease: Lease): Lease {
    this.out.add(lease);
    lease.note();
    return lease;
  }

  private async open(holder: Holder, { sink, signal, client, forced = false }: Wish): Promise<Lease> {
    if (!forced) this.backoff.check();
    this.assertMayWait(client);
    const turn = this.semaphore.acquire(client, signal);
    this.makeRoom();
    this.alarm.check();
    await turn;
    try {
      const link = await this.backoff.run(() => this.link(sink, signal), signal, forced);
      const lease = new Lease(this.instance, holder, link, this.keeper);
      if (!this.draining && !signal.aborted) return lease;
      await link.close().catch(() => undefined);
      throw signal.aborted ? signal.reason : this.gone();
    } catch (thrown) {
      this.vacate();
      throw thrown;
    }
  }

  /** Beyond the bound a client that has none waiting may still wait, and be served in its turn. */
  private assertMayWait(client: string): void {
    const most = this.limit * 4 + 64;
    const full = this.waiting >= most && (this.waiting >= 2 * most || this.semaphore.waitingOf(client) > 0);
    if (full) throw this.full('No lease is free, and as many wait for one as may');
  }

  private vacate(): void {
    this.semaphore.release();
    this.alarm.check();
  }

  private link(sink: ReplySink, signal: AbortSignal): Promise<UnitLink> {
    if (this.draining) throw this.gone();
    return this.instance.open(sink, signal);
  }

  /** Takes back as many parked leases as there are too many, those counted that are on their way back already. */
  private makeRoom(): void {
    let tooMany = this.draining ? Infinity : this.semaphore.excess;
    if (tooMany <= 0) return;
    for (const { leaving } of this.out) if (leaving) tooMany--;
    if (tooMany > 0) for (const lease of leasesToEvict(this.out, tooMany, this.parts.clock.now())) lease.reclaim();
  }

  private shut(): void {
    this.draining = true;
    this.semaphore.shut(this.gone());
  }

  private gone(): GatewayError {
    return new GatewayError('unit_unavailable', `"${this.instance.id}" is being taken out of service.`);
  }

  private full(what: string, retryAfter: number | null = this.settings.checkoutTimeout): GatewayError {
    const { instance, inUse, parked, size, overflow, waiting } = this;
    const state = `${inUse} in use, ${parked} parked (size ${size}, overflow ${overflow}), ${waiting} waiting`;
    const help = 'a larger size or overflow for the unit, another instance, or a shorter idle timeout';
    const detail = `${what}: "${instance.id}" of unit "${instance.unit}" has ${state}. What helps: ${help}.`;
    return new GatewayError('pool_timeout', detail, retryAfter);
  }
}
