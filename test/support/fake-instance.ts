import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../src/telemetry/event-bus.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { GatewayError } from '../../src/kernel/errors.js';
import { Log } from '../../src/kernel/log.js';
import { Instance, ReplySink, UnitLink } from '../../src/kernel/ports/unit.js';
import { PoolParts } from '../../src/pool/instance-pool.js';
import { Holder, Lease } from '../../src/pool/lease.js';

class FakeLink extends UnitLink {
  constructor(
    readonly sink: ReplySink,
    private readonly instance: FakeInstance,
  ) {
    super();
    instance.live.add(this);
  }

  send(): void {}

  async close(): Promise<void> {
    await this.instance.closing;
    this.instance.live.delete(this);
  }
}

interface Opening {
  succeed(): void;
  fail(): void;
}

/** An instance in memory, where it is the pool's own behaviour that is looked at. */
export class FakeInstance extends Instance {
  /** Attempts to open a link. */
  attempts = 0;
  broken = false;
  /** Whether links open only when the test says so, by `openings`. */
  held = false;
  readonly openings: Opening[] = [];
  /** What links wait for before they are closed. */
  closing: Promise<void> = Promise.resolve();
  readonly live = new Set<FakeLink>();

  constructor(
    readonly id = 'unit/fake',
    readonly unit = 'unit',
  ) {
    super();
  }

  get links(): number {
    return this.live.size;
  }

  get sinks(): ReplySink[] {
    return [...this.live].map(({ sink }) => sink);
  }

  async open(sink: ReplySink): Promise<UnitLink> {
    this.attempts++;
    if (this.held) {
      await new Promise<void>((resolve, reject) =>
        this.openings.push({ succeed: resolve, fail: () => reject(new GatewayError('unit_unavailable')) }),
      );
    }
    if (this.broken) throw new GatewayError('unit_unavailable');
    return new FakeLink(sink, this);
  }
}

/** Gives a lease back when it is asked to. */
export class FakeHolder implements Holder {
  busy = false;
  client = '';
  attached = false;
  renewable = false;
  lastActiveAt = 0;
  reclaimed = 0;

  constructor(state: Partial<Omit<Holder, 'reclaim'>> = {}) {
    Object.assign(this, state);
  }

  reclaim(lease: Lease): void {
    this.reclaimed++;
    void lease.release();
  }
}

export const SINK: ReplySink = { receive: () => undefined, failed: () => undefined, ended: () => undefined };

export const silentBus = (): EventBus => new EventBus(new EventEmitter2(), {} as Log);

export const poolParts = (bus = silentBus()): PoolParts => ({ clock: new SystemClock(), bus, random: () => 0.5 });

/** What has become of a promise by now. */
export class Outcome<T> {
  value: T | undefined;
  error: unknown;
  settled = false;

  constructor(promise: Promise<T>) {
    promise.then(
      value => Object.assign(this, { value, settled: true }),
      (error: unknown) => Object.assign(this, { error, settled: true }),
    );
  }
}
