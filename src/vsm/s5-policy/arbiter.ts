import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter, LeverName } from '../../kernel/ports/levers.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { judge, Move, RuleName, RULES } from './conflict-rules.js';
import { isOperators } from './operator.js';
import { S4View } from './s4-view.js';

/** Values and rulings that are remembered. */
const MOST = 10_000;
/** Milliseconds between two warnings of the same. */
const WARN = 60_000;

/** The levers about which S3 and S4 may differ. */
const DISPUTED: ReadonlySet<LeverName> = new Set(Object.values(RULES).map(({ lever }) => lever));

interface Hold {
  lever: LeverName;
  target: string;
  value: number;
  rule: RuleName;
}

/** Listens to S3 and to S4, and has the last word where the rules say so. */
export class Arbiter {
  /** S3's values, by lever and target. */
  private readonly values = new Map<string, unknown>();
  /** What S5 holds because of a ruling. */
  private readonly holds = new Map<string, Hold>();
  private readonly warned = new Map<string, number>();
  private readonly ends: (() => void)[] = [];
  private vitals: Vitals | undefined;

  constructor(
    private readonly foresight: S4View,
    private readonly leverWriter: LeverWriter,
    private readonly bus: EventBus,
    private readonly clock: Clock,
    /** Whether the gateway itself is short of something. */
    private readonly isStrained: () => boolean,
  ) {}

  start(vitals: Vitals): void {
    this.vitals = vitals;
    const { bus, foresight } = this;
    this.ends.push(
      bus.on('lever_moved', moved => this.moved(moved)),
      bus.on('load_forecast', forecast => {
        foresight.forecast(forecast);
        this.review('connections');
      }),
      bus.on('usage_pattern', usage => {
        foresight.pattern(usage);
        if (!usage.present) this.patternOver(usage.client);
      }),
      bus.on('anomaly_detected', anomaly => {
        foresight.anomaly(anomaly, true);
        this.review('circuit');
      }),
      bus.on('anomaly_ended', anomaly => foresight.anomaly(anomaly, false)),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  private moved({ lever, target, value, by }: EventMap['lever_moved']): void {
    if (!DISPUTED.has(lever)) return;
    const key = keyOf(lever, target);
    if (by === 's5') {
      // It has run out, or an operator's word has taken its place.
      const hold = this.holds.get(key);
      if (hold && hold.value !== value) this.holds.delete(key);
      if (lever === 'circuit' && value !== null) this.decide({ lever, target, value, before: undefined });
      return;
    }
    const before = this.before(key, lever, target);
    if (value === null) this.values.delete(key);
    else if (this.values.size < MOST || this.values.has(key)) this.values.set(key, value);
    this.settled(key, value);
    this.decide({ lever, target, value, before });
  }

  /** What held until S3 moved it: what S5 holds, else what S3 had set, else what the pool is sized for. */
  private before(key: string, lever: LeverName, target: string): number | undefined {
    const known = this.holds.get(key)?.value ?? this.values.get(key);
    if (typeof known === 'number') return known;
    if (lever !== 'pool_size') return undefined;
    return this.vitals?.pools().find(({ instance }) => instance === target)?.size;
  }

  /** S3 has come to where S5 holds it, or beyond: there is nothing to hold any more. */
  private settled(key: string, value: unknown): void {
    const hold = this.holds.get(key);
    if (!hold || typeof value !== 'number') return;
    const agreed = hold.lever === 'rate_limit' ? value <= hold.value : value >= hold.value;
    if (agreed) this.letGo(key, hold, 'S3 wants no less itself');
  }

  private decide(move: Move): void {
    const ruling = judge(move, this.foresight.outlook(this.isStrained()));
    if (!ruling) return;
    const { lever, target } = move;
    const key = keyOf(lever, target);
    const { sentence } = RULES[ruling.rule];
    if (!ruling.hold) return this.warn(key, move, ruling.rule);
    const { forMs } = ruling.hold;
    // What S5 sets itself the board brings within nothing.
    const { min = -Infinity, max = Infinity } = this.leverWriter.boundsOf(lever);
    const value = Math.max(min, Math.min(max, ruling.hold.value));
    if (isOperators(this.leverWriter.setting('s5', lever, target)) || (!this.holds.has(key) && this.holds.size >= MOST))
      return;
    this.holds.set(key, { lever, target, value, rule: ruling.rule });
    this.leverWriter.set('s5', lever, target, value, sentence, forMs);
    this.tell(`hold ${lever}`, move, ruling.rule, { value, for_ms: forMs });
  }

  /** S4 sees something new: what S3 has set before is looked at again. */
  private review(lever: LeverName): void {
    for (const setting of this.leverWriter.settings()) {
      if (setting.lever !== lever || (setting.by === 's5' && lever !== 'circuit')) continue;
      const { target, value } = setting;
      this.decide({ lever, target, value, before: undefined });
    }
  }

  private patternOver(client: string): void {
    const key = keyOf('rate_limit', client);
    const hold = this.holds.get(key);
    if (hold && this.foresight.outlook(false).patternOf(client) === undefined)
      this.letGo(key, hold, 'S4 sees the pattern no more');
  }

  private letGo(key: string, { lever, target }: Hold, why: string): void {
    this.holds.delete(key);
    if (!isOperators(this.leverWriter.setting('s5', lever, target))) this.leverWriter.release('s5', lever, target, why);
  }

  private warn(key: string, move: Move, rule: RuleName): void {
    const now = this.clock.elapsed();
    const before = this.warned.get(key);
    if (before !== undefined && now - before < WARN) return;
    if (this.warned.size >= MOST) this.warned.clear();
    this.warned.set(key, now);
    this.tell(`warn ${move.lever}`, move, rule);
  }

  private tell(action: string, { target, value, before }: Move, rule: RuleName, details: object = {}): void {
    const why = RULES[rule].sentence;
    const told = { rule, s3: value, before: before ?? null, ...details };
    this.bus.emit('decision', { at: this.clock.now(), by: 's5', action, target, why, details: told });
  }
}

function keyOf(lever: LeverName, target: string): string {
  return `${lever}\n${target}`;
}
