import { ClientActivities, ClientActivity } from '../../telemetry/client-activity.js';
import { UsagePattern } from '../../telemetry/intelligence.js';
import { DeliveryVitals } from '../../kernel/ports/vitals.js';
import { RunningMedian } from './median.js';
import { Doings, ClientBehavior } from './client-behavior.js';
import { DEFAULT_THRESHOLDS, Thresholds } from './thresholds.js';

/** Rates over less than this, in ms, say nothing. */
const SHORTEST = 100;
/** How long it is remembered, in ms, what a client did that is gone. */
const MEMORY = 60_000;
/** Who hoards has so many times the connections of the client in the middle. */
const TIMES_THE_MIDDLE = 4;
/** Share of its calls that go to the tool it hammers. */
const ONE_TOOL = 0.8;
/** A flood is over when no more than this times its rate comes, of which no more than this share is refused. */
const CALM = { times: 1.2, refused: 0.1 };
/** Milliseconds after which a client that takes nothing is slow, however little waits for it. */
const LAG = 10_000;

export interface ClientBounds {
  /** Long-lived connections of one client. */
  connections: number;
  /** Messages per second that it may send for as long as it likes. */
  messagesPerSecond: number;
}

type Evidence = UsagePattern['evidence'] | undefined;
type Behind = DeliveryVitals['slowest'][number];

/** What clients do that is out of the ordinary, by differences of their counters. */
export class Patterns {
  thresholds: Thresholds = DEFAULT_THRESHOLDS;
  private readonly seen = new Map<string, ClientBehavior>();
  private readonly behind = new Set<string>();
  private readonly middle = new RunningMedian();
  private looks = 0;
  private at: number | undefined;

  /** @param most clients remembered, those included that are gone */
  constructor(
    private readonly bounds: ClientBounds,
    private readonly most = 40_000,
  ) {}

  /**
   * Looks at every client; each costs little, and those that did nothing next to nothing.
   * @param now monotonic ms
   * @returns patterns that have begun, and those that are over
   */
  look(activity: ClientActivities, now: number): UsagePattern[] {
    const seconds = this.at === undefined ? 0 : (now - this.at) / 1000;
    if (this.at !== undefined && seconds * 1000 < SHORTEST) return [];
    this.at = now;
    this.looks++;
    const turned: UsagePattern[] = [];
    for (const counted of activity.all()) {
      const seen = this.of(counted);
      seen.look = this.looks;
      seen.connections = counted.connections;
      this.middle.add(counted.connections);
      if (counted.connections < this.hoard && seen.isQuietIn(counted)) continue;
      this.judge(seen, seen.read(counted, seconds, now), now, turned);
    }
    this.middle.turn();
    if (activity.size < this.seen.size) this.forget(seconds, now, turned);
    return turned;
  }

  /** Looks at who does not take what is pushed to them. */
  lookAtDelivery({ slowest }: DeliveryVitals): UsagePattern[] {
    const worst = new Map<string, Behind>();
    for (const one of slowest) {
      const waits = one.queued >= this.thresholds.slow_consumer || one.lagMs >= LAG;
      const known = worst.get(one.client);
      if (waits && !(known && known.queued >= one.queued)) worst.set(one.client, one);
    }
    const turned: UsagePattern[] = [];
    for (const client of new Set([...worst.keys(), ...this.behind])) {
      const seen = this.seen.get(client);
      // Who is away takes nothing because it is away.
      const slow = seen && seen.connections > 0 ? worst.get(client) : undefined;
      const { queued = 0, inWindow = 0, lagMs = 0 } = slow ?? {};
      const pattern = seen?.judge('slow_consumer', slow && { queued, in_window: inWindow, lag_ms: lagMs });
      if (pattern) turned.push(pattern);
      if (seen?.suspectedOf('slow_consumer')) this.behind.add(client);
      else this.behind.delete(client);
    }
    return turned;
  }

  present(): UsagePattern[] {
    return [...this.seen.values()].flatMap(seen => seen.present());
  }

  get size(): number {
    return this.seen.size;
  }

  /** Connections from which on a client may be hoarding. */
  private get hoard(): number {
    return Math.max(2, this.thresholds.connection_hoarding * this.bounds.connections);
  }

  private of(counted: ClientActivity): ClientBehavior {
    const { client } = counted;
    let seen = this.seen.get(client);
    if (!seen) this.seen.set(client, (seen = new ClientBehavior(client, counted)));
    seen.goneAt = undefined;
    return seen;
  }

  private judge(seen: ClientBehavior, doings: Doings, now: number, turned: UsagePattern[]): void {
    const judged = [
      seen.judge('rapid_reconnect', this.reconnecting(seen, now)),
      seen.judge('connection_hoarding', this.hoarding(seen)),
      seen.judge('message_flood', doings.seconds > 0 ? this.flooding(seen, doings) : undefined),
      seen.judge('tool_hammering', doings.seconds > 0 ? this.hammering(seen, doings) : undefined),
    ];
    for (const pattern of judged) if (pattern) turned.push(pattern);
  }

  private reconnecting(seen: ClientBehavior, now: number): Evidence {
    const reconnects = seen.reconnects(now);
    return reconnects > this.thresholds.rapid_reconnect ? { reconnects_per_minute: reconnects } : undefined;
  }

  private hoarding({ connections }: ClientBehavior): Evidence {
    const { value: middle } = this.middle;
    if (connections < this.hoard || connections < TIMES_THE_MIDDLE * middle) return undefined;
    return { connections, allowed: this.bounds.connections, median: middle };
  }

  private flooding(seen: ClientBehavior, { seconds, messages, refused, refusing }: Doings): Evidence {
    const allowed = this.bounds.messagesPerSecond;
    const rate = messages / seconds;
    // What its bucket lets through at once is no flood, however fast it comes.
    const begins = refusing >= 2 || (refused > 0 && rate > this.thresholds.message_flood * allowed);
    const goesOn = seen.has('message_flood') && (rate > CALM.times * allowed || refused > CALM.refused * messages);
    if (!begins && !goesOn) return undefined;
    return { messages_per_second: Math.round(rate), refused_per_second: Math.round(refused / seconds), allowed };
  }

  private hammering(seen: ClientBehavior, { seconds, messages }: Doings): Evidence {
    const most = this.thresholds.tool_hammering;
    if (messages <= most * seconds) return void seen.letGoOfTools();
    const { tool, calls, all } = seen.toolCalls() ?? { tool: '', calls: 0, all: 0 };
    if (calls <= most * seconds || calls < ONE_TOOL * all) return undefined;
    return { tool, calls_per_second: Math.round(calls / seconds), share: calls / all };
  }

  /** Those who are gone do nothing more, and after a while nothing is known of them. */
  private forget(seconds: number, now: number, turned: UsagePattern[]): void {
    for (const [client, seen] of this.seen) {
      if (seen.look === this.looks) continue;
      seen.goneAt ??= now;
      seen.connections = 0;
      this.judge(seen, { seconds, messages: 0, refused: 0, refusing: 0 }, now, turned);
      if (now - seen.goneAt < MEMORY && this.seen.size <= this.most) continue;
      this.seen.delete(client);
      this.behind.delete(client);
      for (const pattern of seen.present()) turned.push({ ...pattern, present: false });
    }
  }
}
