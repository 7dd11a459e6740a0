import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { PushTransport } from '../../kernel/ports/connection.js';
import { LeverWriter } from '../../kernel/ports/levers.js';
import { ControlLoop } from './control-loop.js';
import { Condition, HostStats } from './host-stats.js';
import { durationOf, LeverRequests } from './lever-requests.js';

/** How long a budget holds where nobody says for how long, in ms. */
const HELD = 600_000;
/**
 * What is strain: event-loop delay in ms while the loop is at work for so much of the time, and how many looks in a row; share
 * of the heap in use, and of memory left. A loop that is late with little to do waits for the machine, not for itself.
 */
const STRAIN = { delayMs: 200, busy: 0.8, looks: 4, heap: 0.92, freeMemory: 0.02 };
const RELIEF = { delayMs: 100, busy: 0.6, heap: 0.85, freeMemory: 0.04 };
/** How long there must have been none, in ms. */
const CALM = 10_000;
/** Connections that may come on top of those there are, so that who reconnects finds a place. */
const HEADROOM = { least: 16, share: 0.02 };

/** How many long-lived connections each transport may have by the settings. */
export type MostConnections = Readonly<Record<PushTransport, number>>;

/**
 * Gives each transport its budget of connections: as others ask for (`allocate_connections`), and under strain not many more
 * than there are, since who is served already is served first.
 */
export class Connections extends ControlLoop {
  readonly name = 'connections';
  private readonly asked = new Map<PushTransport, { count: number; until: number; why: string }>();
  private readonly strained = new Map<PushTransport, number>();
  private strainedLooks = 0;
  private relievedSince: number | undefined;
  private end: (() => void) | undefined;

  constructor(
    private readonly around: {
      bus: EventBus;
      counters: Counters;
      machine: HostStats;
      clock: Clock;
      notes: LeverRequests;
    },
    private readonly leverWriter: LeverWriter,
    private readonly most: MostConnections,
  ) {
    super();
  }

  override listen(): void {
    this.end = this.around.bus.on('allocate_connections', request => this.request(request));
  }

  override stop(): void {
    this.end?.();
  }

  tick(): void {
    const { machine, clock } = this.around;
    const now = clock.elapsed();
    for (const [transport, { until }] of this.asked) {
      if (now < until) continue;
      this.asked.delete(transport);
      this.apply(transport, 'the time that was asked for is over');
    }
    this.strain(machine.condition, now);
  }

  private strain(condition: Condition, now: number): void {
    const { delayMs, busy, heap, freeMemory } = condition;
    this.strainedLooks = delayMs > STRAIN.delayMs && busy >= STRAIN.busy ? this.strainedLooks + 1 : 0;
    const short = heap > STRAIN.heap || freeMemory < STRAIN.freeMemory;
    const figures = `event loop late by ${Math.round(delayMs)} ms, heap ${percent(heap)} used, memory ${percent(freeMemory)} free`;
    if (this.strained.size === 0) {
      if (short || this.strainedLooks >= STRAIN.looks) this.hold(figures);
      return;
    }
    const relieved =
      (delayMs < RELIEF.delayMs || busy < RELIEF.busy) && heap < RELIEF.heap && freeMemory > RELIEF.freeMemory;
    this.relievedSince = relieved ? (this.relievedSince ?? now) : undefined;
    if (this.relievedSince === undefined || now - this.relievedSince < CALM) return;
    this.strained.clear();
    this.relievedSince = undefined;
    for (const transport of transports(this.most)) this.apply(transport, `calm for 10 s: ${figures}`);
  }

  private hold(figures: string): void {
    for (const transport of transports(this.most)) {
      const present = this.around.counters.connections.get(transport);
      const budget = present + Math.max(HEADROOM.least, Math.round(HEADROOM.share * present));
      this.strained.set(transport, Math.min(this.most[transport], budget));
      this.apply(transport, `${figures}; ${present} connections and few more`);
    }
  }

  private request({ transport, count, why, forMs }: EventMap['allocate_connections']): void {
    const { notes, clock } = this.around;
    if (!isPush(transport, this.most) || !Number.isInteger(count) || count < 0) {
      const asked = `${String(count)} connections of ${String(transport)} cannot be allocated`;
      return notes.note('ignore allocate_connections', transport, `${asked}: ${why}`);
    }
    this.asked.set(transport, { count, until: clock.elapsed() + durationOf(forMs, HELD), why });
    this.apply(transport, why);
  }

  private apply(transport: PushTransport, why: string): void {
    const budgets = [this.asked.get(transport)?.count, this.strained.get(transport)].filter(one => one !== undefined);
    const because = `${transport}: ${why}`;
    if (budgets.length === 0) this.leverWriter.release('s3', 'connections', transport, because);
    else this.leverWriter.set('s3', 'connections', transport, Math.min(this.most[transport], ...budgets), because);
  }
}

const transports = (most: MostConnections): PushTransport[] => Object.keys(most) as PushTransport[];
const isPush = (name: string, most: MostConnections): name is PushTransport => Object.hasOwn(most, name);
const percent = (share: number): string => `${Math.round(100 * share)} %`;
