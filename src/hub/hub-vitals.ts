import { Outbox } from '../delivery/outbox.js';
import { Clock } from '../kernel/clock.js';
import { DeliveryView, DeliveryVitals } from '../kernel/ports/vitals.js';
import { Hub } from './hub.js';

/** How many clients that are behind are named. */
const NAMED = 100;

type Slow = DeliveryVitals['slowest'][number];

/** What was confirmed when somebody looked, and since when it is no more than that (`Clock.elapsed()`). */
interface Seen {
  confirmed: number;
  since: number;
}

/** What is owed to clients, counted when somebody looks. */
export class HubVitals extends DeliveryView {
  /** Of outboxes that owed something at the last look. */
  private seen = new Map<Outbox, Seen>();

  constructor(
    private readonly hub: Hub,
    private readonly clock: Clock,
  ) {
    super();
  }

  delivery(): DeliveryVitals {
    const sum = { sessions: 0, queued: 0, inWindow: 0 };
    const behind: Slow[] = [];
    const seen = new Map<Outbox, Seen>();
    const now = this.clock.elapsed();
    for (const { session, outbox } of this.hub.all()) {
      sum.sessions++;
      if (!outbox) continue;
      const { queued, inWindow } = outbox;
      sum.queued += queued;
      sum.inWindow += inWindow;
      if (queued + inWindow > 0)
        behind.push({ client: session.clientKey, queued, inWindow, lagMs: this.lag(outbox, seen, now) });
    }
    this.seen = seen;
    behind.sort((a, b) => b.queued + b.inWindow - a.queued - a.inWindow);
    return { ...sum, bytes: this.hub.outboxes.bytes, slowest: behind.slice(0, NAMED) };
  }

  /**
   * Milliseconds: the age of the oldest message that is not acknowledged; where a client acknowledges nothing, or gets
   * nothing, how long nothing has become of what it is owed, as far as somebody has looked.
   */
  private lag(outbox: Outbox, seen: Map<Outbox, Seen>, now: number): number {
    const { confirmed } = outbox;
    const before = this.seen.get(outbox);
    const stuck = before?.confirmed === confirmed ? before : { confirmed, since: now };
    seen.set(outbox, stuck);
    return Math.round(Math.max(outbox.pacing.age(confirmed, now), now - stuck.since));
  }
}
