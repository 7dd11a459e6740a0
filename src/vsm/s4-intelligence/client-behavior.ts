import { ClientActivity } from '../../telemetry/client-activity.js';
import { UsagePattern } from '../../telemetry/intelligence.js';
import { SlidingCount } from './sliding-count.js';
import { PatternName, STREAKS } from './thresholds.js';

const MINUTE = 60_000;
/** Fewer refusals between two looks say nothing. */
const FEW = 5;

type Evidence = UsagePattern['evidence'];

/** One pattern of one client: how long it has been there, or not. */
interface Trait {
  present: boolean;
  /** Looks in a row that say otherwise than `present`. */
  against: number;
  evidence: Evidence;
}

/** What came from a client between two looks. */
export interface Doings {
  seconds: number;
  messages: number;
  refused: number;
  /** Looks in a row in which more than half of what it sent was refused. */
  refusing: number;
}

/** What is remembered of a client from look to look: where its counters stood, and its patterns. */
export class ClientBehavior {
  /** The look in which it was there last. */
  look = 0;
  goneAt: number | undefined;
  connections = 0;
  private messages = 0;
  private refused = 0;
  private connects = 0;
  private refusing = 0;
  private recentConnects: SlidingCount | undefined;
  /** Most connections at a time, in this minute and the one before. */
  private peaks = { now: 0, before: 0, since: 0 };
  private tools: Map<string, number> | undefined;
  private traits: Map<PatternName, Trait> | undefined;

  constructor(
    readonly client: string,
    private counted: ClientActivity,
  ) {}

  /** Whether there is nothing to judge: it did nothing, and nothing is known against it. */
  isQuietIn(activity: ClientActivity): boolean {
    return (
      this.traits === undefined &&
      this.tools === undefined &&
      this.refusing === 0 &&
      activity === this.counted &&
      activity.messages === this.messages &&
      activity.connects === this.connects
    );
  }

  /** Reads the counters. An activity other than before has counted from 0. */
  read(activity: ClientActivity, seconds: number, now: number): Doings {
    if (activity !== this.counted) {
      this.counted = activity;
      this.messages = this.refused = this.connects = 0;
      this.tools = undefined;
    }
    this.connections = activity.connections;
    const messages = activity.messages - this.messages;
    const refused = activity.refused - this.refused;
    const connects = activity.connects - this.connects;
    ({ messages: this.messages, refused: this.refused, connects: this.connects } = activity);
    if (connects > 0) (this.recentConnects ??= new SlidingCount(MINUTE, now)).add(connects, now);
    this.notePeak(now);
    this.refusing = refused >= FEW && refused * 2 > messages ? this.refusing + 1 : 0;
    return { seconds, messages, refused, refusing: this.refusing };
  }

  /** Connects of the last minute beyond the most connections that it held at a time: those that replaced another. */
  reconnects(now: number): number {
    if (!this.recentConnects) return 0;
    return Math.max(0, Math.round(this.recentConnects.at(now)) - Math.max(this.peaks.now, this.peaks.before));
  }

  /**
   * Calls by tool since this was last asked; nothing the first time. Whoever does not ask lets go of it.
   */
  toolCalls(): { tool: string; calls: number; all: number } | undefined {
    const before = this.tools;
    this.tools = new Map(this.counted.tools);
    if (!before) return undefined;
    let [tool, calls, all] = ['', 0, 0];
    for (const [name, count] of this.tools) {
      const grown = count - (before.get(name) ?? 0);
      all += grown;
      if (grown > calls) [tool, calls] = [name, grown];
    }
    return { tool, calls, all };
  }

  letGoOfTools(): void {
    this.tools = undefined;
  }

  has(pattern: PatternName): boolean {
    return this.traits?.get(pattern)?.present ?? false;
  }

  /** Whether it is present, or may become so. */
  suspectedOf(pattern: PatternName): boolean {
    return this.traits?.has(pattern) ?? false;
  }

  /** Takes what a look says of a pattern. @returns it, where it has begun or is over with this look */
  judge(pattern: PatternName, evidence: Evidence | undefined): UsagePattern | undefined {
    const trait = this.traits?.get(pattern);
    if (!trait && !evidence) return undefined;
    const { present, against } = trait ?? { present: false, against: 0 };
    const saysOtherwise = (evidence !== undefined) !== present;
    const streak = saysOtherwise ? against + 1 : 0;
    const { begins, ends } = STREAKS[pattern];
    const turns = streak >= (present ? ends : begins);
    const next = {
      present: present !== turns,
      against: turns ? 0 : streak,
      evidence: evidence ?? trait?.evidence ?? {},
    };
    this.keep(pattern, next);
    return turns ? this.told(pattern, next) : undefined;
  }

  present(): UsagePattern[] {
    return [...(this.traits ?? [])]
      .filter(([, { present }]) => present)
      .map(([pattern, trait]) => this.told(pattern, trait));
  }

  private told(pattern: PatternName, { present, evidence }: Trait): UsagePattern {
    return { client: this.client, pattern, evidence, present };
  }

  /** What is neither present nor on its way is forgotten. */
  private keep(pattern: PatternName, trait: Trait): void {
    if (trait.present || trait.against > 0) (this.traits ??= new Map<PatternName, Trait>()).set(pattern, trait);
    else this.traits?.delete(pattern);
    if (this.traits?.size === 0) this.traits = undefined;
  }

  private notePeak(now: number): void {
    const { peaks, connections } = this;
    if (now - peaks.since >= MINUTE) this.peaks = { now: connections, before: peaks.now, since: now };
    else peaks.now = Math.max(peaks.now, connections);
  }
}
