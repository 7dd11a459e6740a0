import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { UsagePattern } from '../../telemetry/intelligence.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter } from '../../kernel/ports/levers.js';
import { ControlLoop } from './control-loop.js';
import { durationOf, isTarget, LONGEST_REQUEST, LeverRequests } from './lever-requests.js';

/** Of its configured rate, what a client has that floods. */
const PART = 4;
/** Of its configured rate, from where on a client that is held sends all it may: more of it waits in its socket. */
const PRESSING = 0.8;
/** From one step of restoring to the next, in ms; twice as long each time it happens again, up to the longest. */
const STEP = 5_000;
const LONGEST_STEP = 60_000;
/** How long a pattern is believed in that nobody says is over, and how long it is remembered, in ms. */
const BELIEVED = 600_000;
/** Clients that are dealt with at a time, and how many of them take a step at one look. */
const MOST = 256;
const STEPS = 32;
/**
 * Whoever is over its limit. To call one tool often is what batches do, and sessions that share a token are one client: where
 * that is too much for a unit, calls wait there in turn.
 */
const DEALT_WITH: UsagePattern['pattern'] = 'message_flood';

interface Restraint {
  floods: boolean;
  /** The rate while it floods and after; undefined where it is restored. */
  rate: number | undefined;
  held: boolean;
  /** When its rate was restored, or it was looked at last since, and how many messages it had sent then. */
  seen: { at: number; messages: number };
  /** How often it was restrained. */
  strikes: number;
  /** When the next step of restoring is due, or when it is forgotten. */
  dueAt: number;
  asked: { limit: number; until: number; why: string } | undefined;
}

/**
 * Lowers the rate of clients that flood, and gives it back in steps once they have stopped: doubled every five seconds, and
 * more slowly each time it happens again. Who is held looks calm, because nothing beyond its rate is read of it: therefore it
 * is held still when it has its rate again, which takes nothing from it, until it sends less. Requests of others
 * (`adjust_rate_limit`) hold beside it; the lower rate counts.
 */
export class Rates extends ControlLoop {
  readonly name = 'rates';
  private readonly clients = new Map<string, Restraint>();
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly bus: EventBus,
    private readonly leverWriter: LeverWriter,
    private readonly clock: Clock,
    private readonly notes: LeverRequests,
    private readonly activity: ClientActivities,
    /** Messages per second that a client may send by the settings. */
    private readonly configured: number,
  ) {
    super();
  }

  override listen(): void {
    this.ends.push(
      this.bus.on('usage_pattern', pattern => this.seen(pattern)),
      this.bus.on('adjust_rate_limit', request => this.asked(request)),
    );
  }

  override stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  tick(): void {
    const now = this.clock.elapsed();
    let steps = 0;
    for (const [client, restraint] of this.clients) {
      const { asked, rate, dueAt } = restraint;
      if (asked && now >= asked.until) {
        restraint.asked = undefined;
        this.apply(client, restraint, 'the time that was asked for is over');
      }
      if (now < dueAt || ++steps > STEPS) continue;
      restraint.floods = false;
      if (rate === this.configured) this.letGo(client, restraint, now);
      else if (rate !== undefined) this.restore(client, restraint, rate, now);
      else if (!restraint.asked) this.clients.delete(client);
    }
  }

  private seen({ client, pattern, evidence, present }: UsagePattern): void {
    const figures = Object.entries(evidence)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    if (pattern !== DEALT_WITH) {
      if (present) this.notes.note(`note ${pattern}`, client, `no lever of S3 is for that: ${figures}`, evidence);
      return;
    }
    const now = this.clock.elapsed();
    const restraint = present ? this.restraintOf(client) : this.clients.get(client);
    if (!restraint) return;
    if (!present) {
      if (!restraint.floods) return;
      restraint.floods = false;
      restraint.dueAt = now + this.step(restraint);
      return;
    }
    if (!restraint.floods) restraint.strikes++;
    restraint.floods = true;
    restraint.dueAt = now + BELIEVED;
    restraint.rate = Math.max(1, Math.floor(this.configured / PART));
    restraint.held = true;
    this.apply(client, restraint, `${pattern}: ${figures}; a quarter of ${this.configured} per second`);
  }

  private asked({ client, limit, why, forMs }: EventMap['adjust_rate_limit']): void {
    if (!isTarget(client) || (limit !== null && !(limit >= 0 && limit < Infinity)))
      return this.notes.note('ignore adjust_rate_limit', client, `${String(limit)} per second is no rate: ${why}`);
    const restraint = limit === null ? this.clients.get(client) : this.restraintOf(client);
    if (!restraint) {
      if (limit === null) this.leverWriter.release('s3', 'rate_limit', client, why);
      return;
    }
    const until = this.clock.elapsed() + durationOf(forMs, LONGEST_REQUEST);
    restraint.asked = limit === null ? undefined : { limit, until, why };
    // Who asks for its release means it.
    if (limit === null) {
      restraint.rate = undefined;
      restraint.held = false;
    }
    this.apply(client, restraint, why);
  }

  private restore(client: string, restraint: Restraint, rate: number, now: number): void {
    const next = Math.min(this.configured, rate * 2);
    restraint.rate = next;
    restraint.dueAt = now + this.step(restraint);
    restraint.seen = { at: now, messages: this.activity.of(client).messages };
    this.apply(client, restraint, `calm so far: ${rate} per second become ${next}`);
  }

  /** It has its rate again; where it sends all that it may, what comes beyond goes on waiting in its socket. */
  private letGo(client: string, restraint: Restraint, now: number): void {
    const { messages } = this.activity.of(client);
    const perSecond = (1_000 * (messages - restraint.seen.messages)) / Math.max(1, now - restraint.seen.at);
    restraint.seen = { at: now, messages };
    const presses = perSecond >= PRESSING * this.configured;
    restraint.dueAt = now + (presses ? this.step(restraint) : BELIEVED);
    if (presses) return;
    restraint.rate = undefined;
    restraint.held = false;
    this.apply(client, restraint, `it sends ${Math.round(perSecond)} per second, less than it may`);
  }

  private apply(client: string, { rate, held, asked }: Restraint, why: string): void {
    const limits = [rate, asked?.limit].filter(limit => limit !== undefined);
    const because = `${client.replace(/\s+/g, ' ')}: ${asked && limits.length === 1 ? asked.why : why}`;
    if (limits.length > 0) this.leverWriter.set('s3', 'rate_limit', client, Math.min(...limits), because);
    else this.leverWriter.release('s3', 'rate_limit', client, because);
    if (held) this.leverWriter.set('s3', 'held', client, true, because);
    else this.leverWriter.release('s3', 'held', client, because);
  }

  private step({ strikes }: Restraint): number {
    return Math.min(LONGEST_STEP, STEP * 2 ** Math.max(0, strikes - 1));
  }

  private restraintOf(client: string): Restraint | undefined {
    const known = this.clients.get(client);
    if (known) return known;
    if (this.clients.size >= MOST && !this.forgetOne()) {
      this.notes.note('ignore client', client, `${MOST} clients are restrained already`);
      return undefined;
    }
    const fresh: Restraint = {
      floods: false,
      rate: undefined,
      held: false,
      seen: { at: 0, messages: 0 },
      strikes: 0,
      dueAt: this.clock.elapsed() + BELIEVED,
      asked: undefined,
    };
    this.clients.set(client, fresh);
    return fresh;
  }

  /** One that is only remembered. */
  private forgetOne(): boolean {
    for (const [client, { rate, asked }] of this.clients)
      if (rate === undefined && !asked) return this.clients.delete(client);
    return false;
  }
}
