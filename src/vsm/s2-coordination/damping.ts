export interface DampingSettings {
  /** What one flip adds. */
  penalty: number;
  /** Penalty from which something is suppressed. */
  suppress: number;
  /** Penalty below which it is used again. */
  reuse: number;
  /** Milliseconds in which a penalty halves. */
  halfLife: number;
  /** Milliseconds that one suppression lasts at most after the last flip. */
  longest: number;
  /** Milliseconds in which flips of the same thing count once. */
  pause: number;
}

/** How something stands. */
export interface Standing {
  penalty: number;
  /** Flips that counted since it was last forgotten. */
  flips: number;
  /** Milliseconds until it is used again, 0 where it is not suppressed. */
  reuseMs: number;
}

interface Entry {
  /** As it was `at`. */
  penalty: number;
  at: number;
  flippedAt: number;
  flips: number;
  suppressed: boolean;
  /** It was suppressed before, and is used on trial. */
  onTrial: boolean;
}

/** Things that are remembered; of more, the one with the oldest flip is forgotten. */
const MOST = 10_000;

/**
 * Route flap damping (RFC 2439) for anything that has a name. Each flip adds a penalty, which halves with time; from one
 * threshold on a thing is suppressed, below a lower one it is used again. The penalty never exceeds what has decayed to
 * that lower one after the longest time allowed (§4.2), and is forgotten when it is half of it (§4.8.6).
 *
 * What is suppressed gets no work, so that its flips may not show. Therefore it comes back on trial: until it is
 * forgotten, one flip suppresses it again, for the longest time.
 *
 * Times are `Clock.elapsed()`; they may not run backwards.
 */
export class Damping {
  private readonly entries = new Map<string, Entry>();
  private readonly ceiling: number;

  constructor(
    private readonly settings: DampingSettings,
    private readonly most = MOST,
  ) {
    this.ceiling = settings.reuse * 2 ** (settings.longest / settings.halfLife);
  }

  get size(): number {
    return this.entries.size;
  }

  /** @returns whether it counted: not where the last one was a moment ago */
  flip(of: string, now: number): boolean {
    const { penalty, suppress, pause } = this.settings;
    const entry = this.entries.get(of);
    if (entry && now - entry.flippedAt < pause) return false;
    const before = entry ? this.decayed(entry, now) : 0;
    const relapse = entry?.onTrial ?? false;
    const after = relapse ? this.ceiling : Math.min(this.ceiling, before + penalty);
    this.entries.delete(of);
    this.entries.set(of, {
      penalty: after,
      at: now,
      flippedAt: now,
      flips: (entry?.flips ?? 0) + 1,
      suppressed: (entry?.suppressed ?? false) || after >= suppress,
      onTrial: false,
    });
    if (this.entries.size > this.most) this.entries.delete(this.entries.keys().next().value!);
    return true;
  }

  /** Lets go of what has decayed enough. @returns those that are used again */
  advance(now: number): string[] {
    const { reuse } = this.settings;
    const reused: string[] = [];
    for (const [of, entry] of this.entries) {
      const penalty = this.decayed(entry, now);
      if (entry.suppressed && penalty <= reuse) {
        entry.suppressed = false;
        entry.onTrial = true;
        reused.push(of);
      } else if (!entry.suppressed && penalty <= reuse / 2) this.entries.delete(of);
    }
    return reused;
  }

  isSuppressed(of: string): boolean {
    return this.entries.get(of)?.suppressed ?? false;
  }

  /** Those with the greatest penalty first. */
  suppressed(now: number): string[] {
    return [...this.entries]
      .filter(([, { suppressed }]) => suppressed)
      .sort(([, a], [, b]) => this.decayed(b, now) - this.decayed(a, now))
      .map(([of]) => of);
  }

  standing(of: string, now: number): Standing {
    const entry = this.entries.get(of);
    if (!entry) return { penalty: 0, flips: 0, reuseMs: 0 };
    const penalty = this.decayed(entry, now);
    const { halfLife, reuse } = this.settings;
    const left = Math.max(0, Math.ceil(halfLife * Math.log2(penalty / reuse)));
    return { penalty: Math.round(penalty), flips: entry.flips, reuseMs: entry.suppressed ? left : 0 };
  }

  forget(of: string): void {
    this.entries.delete(of);
  }

  private decayed({ penalty, at }: Entry, now: number): number {
    return penalty * 2 ** (-(now - at) / this.settings.halfLife);
  }
}
