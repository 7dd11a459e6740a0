import { Saturation } from './saturation.js';
import { Sample } from './throughput.js';

/** Less is never allowed. */
export const LEAST = 4;
/** What no unit is limited below for the first time, unless it has ten times as many calls in flight. */
const FEW = 16;
/** How long it must have gone without contention until the limit is taken away, in ms. */
const CALM = 30_000;
/** The first limit, in multiples of what the throughput needs without load. */
const ROOM = 2;
/** Stretch up to which the limit grows. */
const TOLERANCE = 1.5;
/** What is in flight must have come down to the limit so long after a queue would have, in ms. */
const OVERDUE = 5_000;
/** For how long nothing is tried after a limit that was no cure: the first time, and at most, in ms. */
const HOLD_OFF = { first: 60_000, most: 960_000 };

/** A cut, and what it was to shorten. */
interface Cut {
  limit: number;
  stretch: number;
  perSecond: number;
}

/**
 * How many calls a unit can have in flight before they only wait there. Pure: samples in, a limit or none out.
 *
 * Answers are compared with what calls of their kinds take without load (`stretch`): a mix that shifts is no queue. Where
 * `Saturation` finds one, the throughput is the unit's capacity, and by Little's law (L = λW) capacity × latency without
 * load is what it needs in flight (as BBR finds the bandwidth-delay product; Cardwell et al., ACM Queue 14/5, 2016). The
 * limit begins at twice that. From there it follows the gradient of Netflix' concurrency-limits (`Gradient2Limit`):
 * limit × tolerance ÷ stretch, and room for a short queue. It grows only while it is used.
 *
 * A queue that is cut to a part is waited in for that part of the time. A first cut that does not do about that, or that
 * costs throughput, was no cure: the limit goes, and nothing is tried for a while that doubles each time. A later one is
 * taken back: the latency is the calls' nature, and becomes what is expected.
 */
export class Gradient {
  private readonly saturation = new Saturation();
  private current: number | undefined;
  private cut: Cut | undefined;
  /** Whether a cut has helped. */
  private proven = false;
  /** Stretch that is the calls' nature. */
  private usual = 1;
  /** Until then answers are of calls that were sent before the cut; undefined while more are in flight than may. */
  private settlesAt: number | undefined;
  private settled = false;
  /** When what was in flight at the first cut must have been answered, if that was a queue. */
  private drainedAt = 0;
  private lastPressed = 0;
  private unloadedMs = 0;
  /** Whether the last limit went because it was not needed any more. */
  calm = true;
  private heldOffUntil = -Infinity;
  private holdOff = HOLD_OFF.first;

  /** Calls that may be in flight, undefined where nothing speaks for a limit. */
  get limit(): number | undefined {
    return this.current === undefined ? undefined : Math.round(this.current);
  }

  /**
   * Looks whether the limit is still needed, and whether what is in flight has come down to it.
   * @returns whether answers count from now on only
   */
  look(inFlight: number, waiting: number, now: number): boolean {
    if (this.current === undefined) return false;
    if (waiting > 0 || inFlight >= 0.8 * this.current) this.lastPressed = now;
    if (now - this.lastPressed >= CALM) {
      this.release();
      this.calm = true;
      return true;
    }
    if (this.settlesAt !== undefined) return !this.settled && (this.settled = now >= this.settlesAt);
    if (inFlight > 1.1 * this.current) {
      if (now > this.drainedAt + OVERDUE) this.giveUp(now);
      return false;
    }
    this.settlesAt = Math.max(now + Math.max(250, 3 * this.unloadedMs), this.drainedAt);
    return false;
  }

  /** @param most calls there may be by settings and policy */
  take(sample: Sample, waiting: number, least: number, most: number): void {
    this.unloadedMs = sample.unloadedMs;
    if (this.current === undefined) this.free(sample);
    else this.limited(sample, waiting, this.current);
    if (this.current !== undefined) this.current = Math.max(least, Math.min(most, this.current));
  }

  private free(sample: Sample): void {
    const { at, stretch, perSecond, inFlight, unloadedMs } = sample;
    const saturated = this.saturation.take(sample);
    const needed = (perSecond * unloadedMs) / 1_000;
    const first = ROOM * needed + Math.sqrt(needed);
    const limit = inFlight >= 10 * FEW ? first : Math.max(FEW, first);
    if (!saturated || at < this.heldOffUntil || limit >= inFlight) return;
    this.current = limit;
    this.proven = false;
    // What is in flight now will have taken longer than what was answered by now.
    this.cut = { limit: inFlight, stretch: Math.max(stretch, inFlight / needed), perSecond };
    this.settlesAt = undefined;
    this.settled = false;
    this.drainedAt = at + (1_000 * inFlight) / perSecond;
    this.lastPressed = at;
  }

  private limited(sample: Sample, waiting: number, limit: number): void {
    const { at, inFlight, failures } = sample;
    if (!this.settled) return;
    if (this.isInVain(sample, waiting, limit)) return this.proven ? this.takeBack(sample) : this.giveUp(at);
    const stretch = sample.stretch / this.usual;
    const slope = Math.max(0.5, Math.min(1, TOLERANCE / stretch));
    const next = limit * (failures > 0.1 ? Math.min(slope, 0.9) : slope) + Math.sqrt(limit) / 2;
    const used = waiting > 0 || inFlight >= limit / 2;
    if (next > limit && !used) return;
    this.current = (limit + next) / 2;
    if (this.current > this.cut!.limit) this.cut = { ...sample, limit: this.current };
  }

  /** Whether a cut has not done what it does to a queue. */
  private isInVain(sample: Sample, waiting: number, limit: number): boolean {
    const { stretch, perSecond } = sample;
    this.cut ??= { limit, stretch, perSecond };
    const { cut } = this;
    const share = limit / cut.limit;
    if (!this.proven && waiting > 0 && perSecond < 0.6 * cut.perSecond) return true;
    if (share > 0.7) return false;
    // In between what becomes of a queue, and what becomes of calls that take long by nature.
    if (stretch > Math.max(TOLERANCE * this.usual, Math.sqrt(share) * cut.stretch)) return true;
    this.proven = true;
    this.holdOff = HOLD_OFF.first;
    this.cut = { limit, stretch, perSecond };
    return false;
  }

  private takeBack({ stretch }: Sample): void {
    this.usual = stretch;
    this.current = this.cut!.limit;
    this.cut = undefined;
  }

  private giveUp(at: number): void {
    this.release();
    this.calm = false;
    this.heldOffUntil = at + this.holdOff;
    this.holdOff = Math.min(HOLD_OFF.most, 2 * this.holdOff);
  }

  private release(): void {
    this.current = undefined;
    this.cut = undefined;
    this.usual = 1;
    this.saturation.forget();
  }
}
