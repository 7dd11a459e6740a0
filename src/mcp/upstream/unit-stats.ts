import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Levers } from '../../kernel/ports/levers.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Era } from '../eras/era.js';
import { ToolAnnotations } from '../eras/legacy/tool-annotations.js';
import { Circuits } from '../../resilience/circuits.js';
import { InstanceHealth } from '../../routing/instance-health.js';
import { Comparison, UnloadedLatency } from './unloaded-latency.js';
import { Call } from './call.js';
import { MessageVariety } from './message-variety.js';
import { CoarseClock } from './coarse-clock.js';

/** What came of an instance's work, since it was first heard of. */
export interface Work extends Comparison {
  answered: number;
  /** How long those took together, in ms. */
  busyMs: number;
  failed: number;
  /** Links that could not be opened. */
  unopened: number;
  /** `CoarseClock.now` when it last answered. */
  heardAt: number;
}

const NOTHING: Work = {
  answered: 0,
  busyMs: 0,
  compared: 0,
  comparedMs: 0,
  unloadedMs: 0,
  failed: 0,
  unopened: 0,
  heardAt: -Infinity,
};

/** What the gateway knows of each unit as a whole, whoever's session it learned it in. */
export class UnitStats {
  private readonly known = new Map<string, ToolAnnotations>();
  private readonly varieties = new Map<string, MessageVariety>();
  private readonly latencies = new Map<string, UnloadedLatency>();
  private readonly works = new WeakMap<Instance, Work>();

  constructor(
    private readonly health: InstanceHealth,
    private readonly circuits: Circuits,
    private readonly watch: CoarseClock,
    private readonly levers: Levers,
    private readonly era: Era,
  ) {}

  hints({ name }: Unit): ToolAnnotations {
    let hints = this.known.get(name);
    if (!hints) this.known.set(name, (hints = new ToolAnnotations()));
    return hints;
  }

  /** What kinds of messages it gets. */
  variety({ name }: Unit): MessageVariety {
    let variety = this.varieties.get(name);
    if (!variety) this.varieties.set(name, (variety = new MessageVariety(this.watch.now)));
    return variety;
  }

  /** A client has sent it a message. */
  absorb(unit: Unit, frame: JsonRpcMessage): void {
    this.variety(unit).note(frame.method, this.era.toolOf(frame), this.watch.now);
  }

  /** A call or link failed at the instance. A process of its own that dies says nothing of those of others. */
  failed(instance: Instance, why: GatewayError): void {
    this.work(instance).failed++;
    if (instance.isolated) return;
    this.health.failed(instance);
    this.circuits.failed(instance, why);
  }

  /** No link could be opened. Its circuit, which has seen the attempt, knows. */
  unopened(instance: Instance): void {
    this.work(instance).unopened++;
    this.health.failed(instance);
  }

  /** A call was not answered in time. That may be because of the call: the instance is not tried less for it. */
  overdue(instance: Instance): void {
    this.work(instance).failed++;
  }

  /** The instance has answered something, after so many milliseconds. */
  succeeded(instance: Instance, now: number, tookMs: number): void {
    const work = this.work(instance);
    work.answered++;
    work.busyMs += tookMs;
    work.heardAt = now;
    this.circuits.succeeded(instance);
    this.health.succeeded(instance);
  }

  /** Compares an answer, at `now`, with what its kind takes without load; under a limit there is load. */
  compare(instance: Instance, { method, tool }: Call, tookMs: number, now: number): void {
    const { unit } = instance;
    let latencies = this.latencies.get(unit);
    if (!latencies) this.latencies.set(unit, (latencies = new UnloadedLatency()));
    latencies.note(method, tool, tookMs, now, this.work(instance), !this.levers.now.concurrency.has(unit));
  }

  /** `CoarseClock.now` when the instance last answered. */
  heardAt(instance: Instance): number {
    return this.work(instance).heardAt;
  }

  work(instance: Instance): Work {
    let work = this.works.get(instance);
    if (!work) this.works.set(instance, (work = { ...NOTHING }));
    return work;
  }
}
