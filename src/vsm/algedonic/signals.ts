import { EventBus } from '../../telemetry/event-bus.js';
import { Pain, Pleasure, Signals } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { shortId } from '../../kernel/ids.js';

/** What was felt. */
export interface Feeling extends Pick<Pain, 'severity' | 'source' | 'of' | 'message' | 'suggested_action' | 'context'> {
  /** Milliseconds after which it is over unless it is felt again; without it, when it is said to be. */
  fades?: number;
}

interface OpenPain {
  pain: Pain;
  fades: number | undefined;
  /** All `Clock.elapsed()`. */
  beganAt: number;
  feltAt: number;
  toldAt: number;
  toldCount: number;
  /** Since when its cause is gone, and in which words. */
  eased: { at: number; message: string } | undefined;
}

/** Milliseconds between two times that the same pain is told, while it is felt again and again. */
const REMINDER = 30_000;
/**
 * Milliseconds that a cause must be gone before pleasure is told. What comes back sooner is the same pain: what goes up and
 * down each second or two hurts all the time, and a pleasure each time would say otherwise.
 */
const QUIET = 5_000;
/** Pains that may be open, and how many of them may be moderate. */
const MOST = { all: 1_000, moderate: 500 };
/** Signals that are remembered after they were told. */
const REMEMBERED = 200;

/** The pains that are open, each told once and then seldom, and the pleasure that ends each. */
export class FoldedSignals extends Signals {
  /** By source and what it is about, the oldest first. */
  private readonly pains = new Map<string, OpenPain>();
  private readonly told: (Pain | Pleasure)[] = [];

  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
    private readonly counters: Counters,
  ) {
    super();
  }

  open(): readonly Pain[] {
    return [...this.pains.values()].map(({ pain }) => pain);
  }

  recent(most: number): readonly (Pain | Pleasure)[] {
    return this.told.slice(-REMEMBERED).reverse().slice(0, Math.max(0, most));
  }

  /** Whether it hurts, and its cause is there. */
  isOpen(source: string, of: string): boolean {
    const known = this.pains.get(keyOf({ source, of }));
    return known !== undefined && known.eased === undefined;
  }

  /** Told before this returns, unless it was told a moment ago. */
  felt({ fades, ...feeling }: Feeling): void {
    const key = keyOf(feeling);
    const now = this.clock.elapsed();
    const known = this.pains.get(key);
    if (!known) return this.begin(key, feeling, fades, now);
    const { pain } = known;
    const worse = pain.severity === 'moderate' && feeling.severity === 'critical';
    known.pain = { ...pain, ...feeling, severity: worse ? 'critical' : pain.severity, count: pain.count + 1 };
    known.feltAt = now;
    known.eased = undefined;
    if (!worse) return this.remind(known, now);
    this.counters.pains.add('moderate', -1);
    this.counters.pains.add('critical');
    this.tellPain(known, now);
  }

  /** Its cause is gone. Does nothing where there is no such pain. */
  eased(source: string, of: string, message: string): void {
    const known = this.pains.get(keyOf({ source, of }));
    if (known) known.eased ??= { at: this.clock.elapsed(), message };
  }

  /** Tells what is due: pleasures whose cause has been gone for long enough, and pains that go on. */
  tick(): void {
    const now = this.clock.elapsed();
    for (const [key, open] of this.pains) {
      if (open.fades !== undefined && now - open.feltAt >= open.fades)
        open.eased ??= { at: open.feltAt, message: 'It was not felt again.' };
      if (open.eased === undefined) this.remind(open, now);
      else if (now - open.eased.at >= QUIET) this.end(key, open, open.eased);
    }
  }

  private begin(key: string, feeling: Omit<Feeling, 'fades'>, fades: number | undefined, now: number): void {
    const room = feeling.severity === 'moderate' ? MOST.moderate : MOST.all;
    if (this.pains.size >= room) return;
    const timestamp = this.timestamp();
    const pain: Pain = { id: shortId(), signal_type: 'pain', ...feeling, since: timestamp, timestamp, count: 1 };
    const open = { pain, fades, beganAt: now, feltAt: now, toldAt: now, toldCount: 0, eased: undefined };
    this.pains.set(key, open);
    this.counters.pains.add(pain.severity);
    this.tellPain(open, now);
  }

  private remind(open: OpenPain, now: number): void {
    if (open.pain.count > open.toldCount && now - open.toldAt >= REMINDER) this.tellPain(open, now);
  }

  private tellPain(open: OpenPain, now: number): void {
    open.pain = { ...open.pain, timestamp: this.timestamp() };
    open.toldAt = now;
    open.toldCount = open.pain.count;
    this.remember(open.pain);
    this.bus.emit('pain', open.pain);
  }

  private end(key: string, { pain, beganAt }: OpenPain, { at, message }: { at: number; message: string }): void {
    const { id, source, of } = pain;
    this.pains.delete(key);
    this.counters.pains.add(pain.severity, -1);
    const pleasure: Pleasure = {
      ...{ id, signal_type: 'pleasure', severity: 'moderate', source, of, message, timestamp: this.timestamp() },
      recovery_time_ms: Math.round(at - beganAt),
    };
    this.remember(pleasure);
    this.bus.emit('pleasure', pleasure);
  }

  private remember(signal: Pain | Pleasure): void {
    this.told.push(signal);
    if (this.told.length >= REMEMBERED * 2) this.told.splice(0, this.told.length - REMEMBERED);
  }

  private timestamp(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function keyOf({ source, of }: { source: string; of: string }): string {
  return JSON.stringify([source, of]);
}
