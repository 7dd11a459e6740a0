import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { Instance } from '../kernel/ports/unit.js';

export interface HealthSettings {
  /** Failures in a row after which an instance is out. */
  fall: number;
  /** Successes in a row after which it is back. */
  rise: number;
}

interface Standing {
  /** Results in a row that speak against its present state. */
  streak: number;
  /** Monotonic milliseconds at which it went out; undefined while it is in. */
  outSince?: number;
}

/**
 * Which instances are out of service. What counts as a failure is for those who tell of it. Kept by the instance itself,
 * not by its id: one that comes later under the same id begins healthy.
 */
export class InstanceHealth {
  private readonly standings = new WeakMap<Instance, Standing>();
  private readonly listeners: ((unit: string) => void)[] = [];

  constructor(
    private readonly settings: HealthSettings,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  /** Told of a unit when one of its instances goes out or comes back. */
  onChange(listener: (unit: string) => void): void {
    this.listeners.push(listener);
  }

  isOut(instance: Instance): boolean {
    return this.standings.get(instance)?.outSince !== undefined;
  }

  failed(instance: Instance): void {
    const standing = this.standingOf(instance);
    if (standing.outSince !== undefined) {
      standing.streak = 0;
    } else if (++standing.streak >= this.settings.fall) {
      const { streak: failures } = standing;
      this.standings.set(instance, { streak: 0, outSince: this.clock.elapsed() });
      this.bus.emit('instance_out', { unit: instance.unit, instance: instance.id, failures });
      this.tell(instance);
    }
  }

  succeeded(instance: Instance): void {
    const standing = this.standings.get(instance);
    if (!standing) return;
    if (standing.outSince === undefined) {
      standing.streak = 0;
    } else if (++standing.streak >= this.settings.rise) {
      const outMs = this.clock.elapsed() - standing.outSince;
      this.standings.delete(instance);
      this.bus.emit('instance_back', { unit: instance.unit, instance: instance.id, outMs });
      this.tell(instance);
    }
  }

  /** The instance is no more: nothing is kept of it, and nothing told. */
  forget(instance: Instance): void {
    this.standings.delete(instance);
  }

  private tell({ unit }: Instance): void {
    for (const listener of this.listeners) listener(unit);
  }

  private standingOf(instance: Instance): Standing {
    let standing = this.standings.get(instance);
    if (!standing) this.standings.set(instance, (standing = { streak: 0 }));
    return standing;
  }
}
