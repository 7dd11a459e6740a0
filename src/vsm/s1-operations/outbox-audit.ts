import { setTimeout as delay } from 'node:timers/promises';
import { DoubleCount } from '../../kernel/ports/audit.js';
import { HubSession } from '../../hub/hub-session.js';
import { Hub } from '../../hub/hub.js';

/** How often one outbox is looked at while something is on its way, and how many times it must differ. */
const LOOKS = 6;
const TIMES = 2;
/** Milliseconds between two looks. */
const PAUSE = 20;

/** What the log holds for sessions, against what their outboxes say. */
export class OutboxAudit {
  /** @param random 0 ≤ random < 1 */
  constructor(
    private readonly hub: Hub,
    private readonly random: () => number = Math.random,
  ) {}

  /** Of up to so many sessions drawn at random. Those that are never at rest for a moment are left out. */
  async count(most: number): Promise<DoubleCount[]> {
    const counts = await Promise.all(this.draw(most).map(hubSession => this.countOne(hubSession)));
    return counts.filter(count => count !== undefined);
  }

  /** Algorithm R (Vitter, "Random sampling with a reservoir", 1985). */
  private draw(most: number): HubSession[] {
    const drawn: HubSession[] = [];
    let seen = 0;
    for (const hubSession of this.hub.all()) {
      if (!hubSession.outbox) continue;
      const at = drawn.length < most ? drawn.length : Math.floor(this.random() * (seen + 1));
      if (at < most) drawn[at] = hubSession;
      seen++;
    }
    return drawn;
  }

  /** A difference counts only when it is found twice, each time while nothing was on its way. */
  private async countOne({ outbox, session }: HubSession): Promise<DoubleCount | undefined> {
    let differed = 0;
    for (let look = 0; look < LOOKS && !outbox!.closed; look++) {
      if (look > 0) await delay(PAUSE, undefined, { ref: false });
      const counts = await this.hub.outboxes.compare(outbox!);
      if (!counts) continue;
      const { booked, found } = counts;
      if (booked === found || ++differed === TIMES)
        return { what: 'outboxes', of: session.label, booked, found, relation: 'equal' };
    }
    return undefined;
  }
}
