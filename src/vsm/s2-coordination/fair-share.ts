import { Vitals } from '../../kernel/ports/vitals.js';
import { Tools } from './damped-lever.js';

/** Of a unit's calls in flight; the first while calls wait, each next while they wait for too long in spite of it. */
const SHARES = [0.5, 0.25, 0.1] as const;
/** Milliseconds that the longest of those that wait may have waited before a share is found too large. */
const TOO_LONG = 1_000;
/** Milliseconds that one share is tried for. */
const TRIAL = 2_000;
/** Milliseconds without anybody waiting after which a unit is no longer contended. */
const CALM = 10_000;
/** Milliseconds a lever outlives the last look, and after which it is set anew. */
const LIFE = { longest: 60_000, renew: 30_000 };

interface Contention {
  /** Index into `SHARES`. */
  step: number;
  /** `Clock.elapsed()`. */
  steppedAt: number;
  contendedAt: number;
  setAt: number;
}

/**
 * While calls wait at a unit, no client may have more than a share of those in flight there. The share holds only as long as
 * others wait, so a small one wastes nothing. It begins at one half, with which one client alone cannot keep the others
 * out; where calls still wait for more than a second, it takes four clients, and then ten, to do that together.
 */
export class FairShare {
  private readonly contended = new Map<string, Contention>();
  private vitals: Vitals | undefined;

  constructor(private readonly tools: Tools) {}

  start(vitals: Vitals): void {
    this.vitals = vitals;
  }

  stop(): void {
    for (const unit of this.contended.keys())
      this.tools.leverWriter.release('s2', 'fair_share', unit, 'S2 has stopped.');
    this.contended.clear();
  }

  tick(): void {
    const now = this.tools.clock.elapsed();
    for (const { unit, waiting, oldestWaitMs } of this.vitals!.units()) {
      if (waiting > 0) this.contend(unit, oldestWaitMs, now);
    }
    for (const [unit, { contendedAt }] of this.contended) {
      if (now - contendedAt >= CALM) this.release(unit);
    }
  }

  private contend(unit: string, oldestWaitMs: number, now: number): void {
    let contention = this.contended.get(unit);
    if (!contention) {
      contention = { step: 0, steppedAt: now, contendedAt: now, setAt: now };
      this.contended.set(unit, contention);
      return this.set(unit, SHARES[0], 'Calls wait for their turn.');
    }
    contention.contendedAt = now;
    const { step, steppedAt, setAt } = contention;
    if (oldestWaitMs > TOO_LONG && step < SHARES.length - 1 && now - steppedAt >= TRIAL) {
      Object.assign(contention, { step: step + 1, steppedAt: now, setAt: now });
      this.set(unit, SHARES[step + 1]!, `Calls wait for ${Math.round(oldestWaitMs)} ms.`);
    } else if (now - setAt >= LIFE.renew) {
      contention.setAt = now;
      this.tools.leverWriter.set('s2', 'fair_share', unit, SHARES[step]!, 'Calls wait for their turn.', LIFE.longest);
    }
  }

  private set(unit: string, share: number, reason: string): void {
    const why = `${reason} One client may have ${share * 100} % of the calls in flight while others wait.`;
    this.tools.leverWriter.set('s2', 'fair_share', unit, share, why, LIFE.longest);
    this.decide('share', unit, why, { share });
  }

  private release(unit: string): void {
    const why = `Nobody has waited for ${CALM / 1_000} s.`;
    this.contended.delete(unit);
    this.tools.leverWriter.release('s2', 'fair_share', unit, why);
    this.decide('share freely', unit, why, {});
  }

  private decide(action: string, target: string, why: string, details: Record<string, number>): void {
    this.tools.bus.emit('decision', { at: this.tools.clock.now(), by: 's2', action, target, why, details });
  }
}
