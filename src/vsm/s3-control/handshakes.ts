import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter } from '../../kernel/ports/levers.js';
import { ControlLoop } from './control-loop.js';
import { HostStats } from './host-stats.js';

/** Connections that break within so many ms are a storm to come: clients that lost theirs come back at once. */
const BREAK = { within: 500, many: 50 };
/** Connects per second that are many, in numbers and in multiples of the usual. */
const SURGE = 50;
const UNUSUAL = 4;
/** Delay of the event loop that is aimed at while many connect, in ms. */
const TARGET = 100;
/** Handshakes per second; `faster`: times, while the delay is less than a quarter of what is aimed at. */
const PACE = { first: 2_000, least: 50, most: 4_000, step: 200, faster: 1.5 };
/** What a delay beyond the target leaves of the pace. */
const DECREASE = 0.75;
/** How long it must have been calm, in ms; and how long while many who lost their connections have not come back. */
const CALM = 5_000;
const PATIENCE = 60_000;
/** How much one look moves what is usual, of connects per second. */
const LEARNING = 0.02;

/**
 * Paces handshakes when many connect at once, so that who is connected is served meanwhile. Additive increase,
 * multiplicative decrease (Chiu and Jain, 1989) around the delay of the event loop, which is what handshakes cost the others.
 */
export class Handshakes extends ControlLoop {
  readonly name = 'handshakes';
  private connects: number | undefined;
  private lookedAt = 0;
  private usual = 0;
  private pace: number | undefined;
  private calmSince: number | undefined;
  private readonly broken = { since: -Infinity, count: 0 };
  /** Connections that broke, less those that came since. */
  private away = 0;
  private end: (() => void) | undefined;

  constructor(
    private readonly leverWriter: LeverWriter,
    private readonly activity: ClientActivities,
    private readonly machine: HostStats,
    private readonly clock: Clock,
    private readonly bus: EventBus,
  ) {
    super();
  }

  override listen(): void {
    this.end = this.bus.on('connection_broken', () => this.broke());
  }

  override stop(): void {
    this.end?.();
  }

  tick(): void {
    const now = this.clock.elapsed();
    const perSecond = this.count(now);
    const { delayMs } = this.machine.condition;
    if (this.pace !== undefined) return this.move(this.pace, perSecond, delayMs, now);
    const surges = perSecond >= SURGE && perSecond >= UNUSUAL * this.usual;
    const hurts = perSecond >= SURGE / 5 && delayMs > TARGET;
    if (surges || hurts) this.set(PACE.first, perSecond, delayMs);
    else this.usual += LEARNING * (perSecond - this.usual);
  }

  /** Until the next look everybody would be back already. */
  private broke(): void {
    const { broken } = this;
    const now = this.clock.elapsed();
    this.away++;
    if (now - broken.since > BREAK.within) Object.assign(broken, { since: now, count: 0 });
    if (++broken.count < BREAK.many || this.pace !== undefined) return;
    this.pace = PACE.first;
    this.leverWriter.set(
      's3',
      'handshakes',
      '',
      PACE.first,
      `${broken.count} connections broke within ${BREAK.within} ms`,
    );
  }

  private move(pace: number, perSecond: number, delayMs: number, now: number): void {
    // At less than half the pace nobody waits for a turn.
    const few = perSecond < SURGE / 5;
    const calm = few || (delayMs <= TARGET && perSecond < pace / 2);
    this.calmSince = calm ? (this.calmSince ?? now) : undefined;
    const calmMs = this.calmSince === undefined ? 0 : now - this.calmSince;
    if (calmMs >= (this.away < BREAK.many ? CALM : PATIENCE)) {
      this.pace = undefined;
      this.calmSince = undefined;
      this.away = 0;
      const why = `calm for ${Math.floor(calmMs / 1_000)} s: ${Math.round(perSecond)} connects per second`;
      this.leverWriter.release('s3', 'handshakes', '', why);
    } else if (!calm) this.set(this.next(pace, delayMs), perSecond, delayMs);
  }

  private next(pace: number, delayMs: number): number {
    if (delayMs > TARGET) return Math.max(PACE.least, pace * DECREASE);
    return Math.min(PACE.most, delayMs < TARGET / 4 ? pace * PACE.faster : pace + PACE.step);
  }

  private set(pace: number, perSecond: number, delayMs: number): void {
    this.pace = pace;
    const figures = `${Math.round(perSecond)} connects per second, event loop late by ${Math.round(delayMs)} ms`;
    this.leverWriter.set('s3', 'handshakes', '', Math.round(pace), figures);
  }

  /** Connects per second since the last look; clients that were forgotten meanwhile count for nothing. */
  private count(now: number): number {
    let connects = 0;
    for (const client of this.activity.all()) connects += client.connects;
    const came = Math.max(0, connects - (this.connects ?? connects));
    const took = Math.max(1, now - this.lookedAt);
    this.connects = connects;
    this.lookedAt = now;
    this.away = Math.max(0, this.away - came);
    return (1_000 * came) / took;
  }
}
