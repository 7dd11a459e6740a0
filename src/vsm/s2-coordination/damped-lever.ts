import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter } from '../../kernel/ports/levers.js';
import { Damping, DampingSettings } from './damping.js';

/** What a regulator works with. */
export interface Tools {
  leverWriter: LeverWriter;
  bus: EventBus;
  clock: Clock;
}

/** Milliseconds by which a lever outlives the time it was meant for, if nobody should look any more. */
const MARGIN = 5_000;

/** Holds a lever on whatever flaps, with a decision each time it is set or let go. */
export class DampedLever {
  readonly damping: Damping;
  /** Targets that the lever is set on, and how often they had flipped then. */
  private readonly held = new Map<string, number>();

  constructor(
    private readonly lever: 'suppressed' | 'unsteady',
    private readonly settings: DampingSettings,
    private readonly tools: Tools,
  ) {
    this.damping = new Damping(settings);
  }

  /** Whether there is anything to look after. */
  get busy(): boolean {
    return this.damping.size + this.held.size > 0;
  }

  has(target: string): boolean {
    return this.held.has(target);
  }

  /** @param wanted those that the lever is to be set on; it is let go of all others */
  apply(wanted: ReadonlySet<string>): void {
    for (const target of this.held.keys()) if (!wanted.has(target)) this.release(target);
    for (const target of wanted) this.hold(target);
  }

  releaseAll(why: string): void {
    for (const target of this.held.keys()) this.tools.leverWriter.release('s2', this.lever, target, why);
    this.held.clear();
  }

  private hold(target: string): void {
    const { penalty, flips, reuseMs } = this.damping.standing(target, this.tools.clock.elapsed());
    const before = this.held.get(target);
    if (before === flips) return;
    const { suppress, reuse, halfLife } = this.settings;
    const why =
      `It failed and came back ${flips} times: penalty ${penalty}, suppressed from ${suppress} on, used again below ${reuse}, ` +
      `in ${Math.ceil(reuseMs / 1_000)} s (half-life ${halfLife / 1_000} s).`;
    this.tools.leverWriter.set('s2', this.lever, target, true, why, reuseMs + MARGIN);
    this.held.set(target, flips);
    if (before === undefined) this.decide('suppress', target, why, { penalty, flips, reuse_ms: reuseMs });
  }

  private release(target: string): void {
    const { penalty, flips } = this.damping.standing(target, this.tools.clock.elapsed());
    const why = this.damping.isSuppressed(target)
      ? `Nothing better is left: it is used in spite of its penalty of ${penalty}.`
      : `It is used again, on trial: its penalty has fallen to ${penalty}.`;
    this.held.delete(target);
    this.tools.leverWriter.release('s2', this.lever, target, why);
    this.decide('reuse', target, why, { penalty, flips });
  }

  private decide(action: 'suppress' | 'reuse', target: string, why: string, details: Record<string, number>): void {
    const { bus, clock } = this.tools;
    bus.emit('decision', { at: clock.now(), by: 's2', action: `${action} ${this.lever}`, target, why, details });
  }
}
