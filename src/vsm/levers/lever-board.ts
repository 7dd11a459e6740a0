import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import {
  Bounds,
  LEVER_OWNERS,
  LeverWriter,
  LeverName,
  Levers,
  LeverSetting,
  LeverSnapshot,
  LeverValues,
  Writer,
  WRITERS,
} from '../../kernel/ports/levers.js';

/** Targets that one lever may have. */
const MOST = 10_000;
/** The longest time a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1;

type Settings = Map<string, Partial<Record<Writer, LeverSetting>>>;

const NAMES = Object.keys(LEVER_OWNERS) as LeverName[];

/** Who has set which lever, and what holds of it. */
export class LeverBoard implements LeverWriter {
  private readonly levers = Object.fromEntries(NAMES.map(name => [name, new Map()])) as Record<LeverName, Settings>;
  private readonly limits = new Map<LeverName, Bounds>();
  private readonly listeners = new Set<(now: LeverSnapshot) => void>();
  private current = Object.fromEntries(NAMES.map(name => [name, new Map()])) as unknown as LeverSnapshot;
  private timer: NodeJS.Timeout | undefined;
  /** When it goes off, milliseconds since the epoch. */
  private timerAt = Infinity;
  private failures = 0;

  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
    private readonly most = MOST,
  ) {}

  get now(): LeverSnapshot {
    return this.current;
  }

  onChange(listener: (now: LeverSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  set<L extends LeverName>(
    by: Writer,
    lever: L,
    target: string,
    value: LeverValues[L],
    why: string,
    forMs?: number,
  ): void {
    if (by !== 's5' && LEVER_OWNERS[lever] !== by)
      throw new GatewayError('forbidden', `The lever ${lever} is moved by ${LEVER_OWNERS[lever]} and s5.`);
    assertSane(lever, value, forMs);
    const settings = this.levers[lever];
    const writers = settings.get(target);
    if (!writers && settings.size >= this.most)
      throw new GatewayError('overloaded', `The lever ${lever} has ${this.most} targets already.`);
    const before = writers?.[by];
    const now = this.clock.now();
    const until = forMs === undefined ? null : now + forMs;
    const since = before?.value === value ? before.since : now;
    const setting = { lever, target, value, by, why, since, until, effective: false };
    settings.set(target, { ...writers, [by]: setting });
    this.publish(lever, target);
    if (before?.value !== value) this.bus.emit('lever_moved', { lever, target, value, by, why, until });
    if (until !== null && until < this.timerAt) this.schedule(until);
  }

  release(by: Writer, lever: LeverName, target: string, why: string): void {
    const settings = this.levers[lever];
    const { [by]: released, ...others } = settings.get(target) ?? {};
    if (!released) return;
    if (Object.keys(others).length > 0) settings.set(target, others);
    else settings.delete(target);
    this.publish(lever, target);
    this.bus.emit('lever_moved', { lever, target, value: null, by, why, until: null });
  }

  bound(lever: LeverName, bounds: Bounds): void {
    this.limits.set(lever, bounds);
    for (const target of this.levers[lever].keys()) this.publish(lever, target);
  }

  boundsOf(lever: LeverName): Bounds {
    return this.limits.get(lever) ?? {};
  }

  settings(): LeverSetting[] {
    return NAMES.flatMap(name =>
      [...this.levers[name].values()].flatMap(writers =>
        WRITERS.flatMap((by, i) => {
          const setting = writers[by];
          return setting ? [{ ...setting, effective: !WRITERS.slice(0, i).some(other => writers[other]) }] : [];
        }),
      ),
    );
  }

  setting<L extends LeverName>(by: Writer, lever: L, target: string): LeverSetting<L> | undefined {
    return this.levers[lever].get(target)?.[by] as LeverSetting<L> | undefined;
  }

  until(lever: LeverName, target: string): number | null {
    const writers = this.levers[lever].get(target);
    const by = WRITERS.find(writer => writers?.[writer]);
    return by ? writers![by]!.until : null;
  }

  /** Nothing expires any more. */
  close(): void {
    clearTimeout(this.timer);
  }

  private publish(lever: LeverName, target: string): void {
    const writers = this.levers[lever].get(target);
    const by = WRITERS.find(writer => writers?.[writer]);
    const values = new Map<string, unknown>(this.current[lever]);
    if (by) values.set(target, this.within(lever, writers![by]!));
    else values.delete(target);
    this.current = { ...this.current, [lever]: values };
    for (const listener of this.listeners) this.tell(listener);
  }

  /** One with a defect stops neither the others nor the writer; one that fails each time is told of ever more rarely. */
  private tell(listener: (now: LeverSnapshot) => void): void {
    try {
      listener(this.current);
    } catch (err) {
      const count = ++this.failures;
      if ((count & (count - 1)) === 0) this.bus.emit('internal_fault', { where: 'levers', err });
    }
  }

  private within(lever: LeverName, { by, value }: LeverSetting): unknown {
    if (by === 's5' || typeof value !== 'number') return value;
    const { min = -Infinity, max = Infinity } = this.boundsOf(lever);
    return Math.max(min, Math.min(max, value));
  }

  /** One timer, for whatever expires first. */
  private schedule(at: number): void {
    clearTimeout(this.timer);
    this.timerAt = at;
    if (at === Infinity) return;
    this.timer = setTimeout(() => this.expire(), Math.min(LONGEST, Math.max(0, at - this.clock.now())));
    this.timer.unref();
  }

  private expire(): void {
    const now = this.clock.now();
    this.timerAt = Infinity;
    for (const { by, lever, target, until } of this.settings()) {
      if (until !== null && until <= now) this.release(by, lever, target, 'its time is over');
    }
    let next = Infinity;
    for (const { until } of this.settings()) next = Math.min(next, until ?? Infinity);
    this.schedule(next);
  }
}

/** A figure that nobody could compare with would stay in whatever counts by it. @throws GatewayError `invalid_message` */
function assertSane(lever: LeverName, value: unknown, forMs = 0): void {
  if (typeof value === 'number' && !(value >= 0 && value < Infinity))
    throw new GatewayError('invalid_message', `${value} is no value for the lever ${lever}.`);
  if (Number.isNaN(forMs)) throw new GatewayError('invalid_message', `${forMs} ms is no time for the lever ${lever}.`);
}

/** What the data plane has of it. */
export class BoardLevers extends Levers {
  constructor(private readonly board: LeverBoard) {
    super();
  }

  get now(): LeverSnapshot {
    return this.board.now;
  }

  onChange(listener: (now: LeverSnapshot) => void): () => void {
    return this.board.onChange(listener);
  }

  until(lever: LeverName, target: string): number | null {
    return this.board.until(lever, target);
  }
}
