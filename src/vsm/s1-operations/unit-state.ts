import { GatewayError } from '../../kernel/errors.js';
import { Instance, Unit } from '../../kernel/unit.js';
import { Hints } from '../../protocol/mcp/legacy/hints.js';
import { Flight } from '../../protocol/mcp/legacy/pending.js';
import { Circuits } from '../../resilience/circuits.js';
import { Health } from '../../routing/health.js';

/** What the gateway knows of each unit as a whole, whoever's session it learned it in. */
export class UnitState {
  private readonly flights = new Map<string, Flight>();
  private readonly known = new Map<string, Hints>();
  private readonly heard = new WeakMap<Instance, number>();

  constructor(
    private readonly health: Health,
    private readonly circuits: Circuits,
  ) {}

  /** Calls in flight at the unit. */
  flight({ name }: Unit): Flight {
    let flight = this.flights.get(name);
    if (!flight) this.flights.set(name, (flight = { count: 0 }));
    return flight;
  }

  hints({ name }: Unit): Hints {
    let hints = this.known.get(name);
    if (!hints) this.known.set(name, (hints = new Hints()));
    return hints;
  }

  /** A call or link failed at the instance. A process of its own that dies says nothing of those of others. */
  failed(instance: Instance, why: GatewayError): void {
    if (instance.isolated) return;
    this.health.failed(instance);
    this.circuits.failed(instance, why);
  }

  /** The instance has answered something. */
  succeeded(instance: Instance, now: number): void {
    this.circuits.succeeded(instance);
    this.health.succeeded(instance);
    this.heard.set(instance, now);
  }

  /** `Watch.now` when the instance last answered. */
  heardAt(instance: Instance): number {
    return this.heard.get(instance) ?? -Infinity;
  }
}
