import { setTimeout as delay } from 'node:timers/promises';
import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { Clock } from '../../kernel/clock.js';
import { DoubleCount } from '../../kernel/ports/audit.js';
import { Log } from '../../kernel/log.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { ControlLoop } from './control-loop.js';

/** What cannot be explained is looked at again after so many ms: it may just have been changing. */
const AGAIN = 1_000;
/** Sessions whose outboxes one audit counts. */
const OUTBOXES = 50;
/** Findings told of one audit; of a defect that is everywhere, some are enough. */
const MOST_TOLD = 20;

type Discrepancy = EventMap['audit_discrepancy'];
type Look = () => Promise<Discrepancy[]>;

/**
 * S3*: sees for itself, past what S1 reports (Beer, The Heart of Enterprise: the sporadic audit). At random times, which
 * nobody can prepare for, it counts something twice by independent ways, or asks a unit for a sign of life. One at a time.
 */
export class Audits extends ControlLoop {
  readonly name = 's3*';
  private dueAt: number | undefined;
  private underWay = false;

  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Milliseconds between two audits on average; 0 for none. */
    private readonly interval: number,
    /** 0 ≤ random < 1. */
    private readonly random: () => number = Math.random,
    private readonly wait: (ms: number) => Promise<unknown> = ms => delay(ms, undefined, { ref: false }),
  ) {
    super();
  }

  tick(sight: Sight): void {
    if (this.interval === 0 || this.underWay || sight.vitals.draining) return;
    const now = this.clock.elapsed();
    this.dueAt ??= now + this.pause();
    if (now < this.dueAt) return;
    this.dueAt = now + this.pause();
    void this.run(sight);
  }

  /** One audit, drawn at random. Nothing thrown. */
  async run(sight: Sight): Promise<void> {
    this.underWay = true;
    try {
      const look = this.draw(sight);
      const first = await look();
      if (first.length === 0) return;
      await this.wait(AGAIN);
      if (sight.vitals.draining) return;
      const again = new Map((await look()).map(found => [keyOf(found), found]));
      const confirmed = first.map(found => again.get(keyOf(found))).filter(found => found !== undefined);
      for (const found of confirmed.slice(0, MOST_TOLD)) this.tell(found);
    } catch (thrown) {
      this.log.error({ err: thrown }, 'an audit failed');
    } finally {
      this.underWay = false;
    }
  }

  /** Time between events that come at random, whenever the last one was: exponentially distributed. */
  private pause(): number {
    return -Math.log(1 - this.random()) * this.interval;
  }

  private draw(sight: Sight): Look {
    const looks = [() => this.probe(sight), () => outboxes(sight), () => sockets(sight), () => leases(sight)];
    return looks[Math.floor(this.random() * looks.length)]!();
  }

  private probe({ audit }: Sight): Look {
    const units = audit.units();
    const unit = units[Math.floor(this.random() * units.length)];
    if (unit === undefined) return () => Promise.resolve([]);
    return async () => {
      const { ok, error = 'no answer' } = await audit.probe(unit);
      return ok ? [] : [{ what: 'probe', of: unit, booked: 'answers', found: error }];
    };
  }

  private tell(found: Discrepancy): void {
    const { what, of, booked } = found;
    this.bus.emit('audit_discrepancy', found);
    const why = `${what} of ${of}: booked ${booked}, found ${found.found}, twice within ${AGAIN} ms`;
    this.bus.emit('decision', { at: this.clock.now(), by: 's3*', action: 'audit', target: of, why, details: found });
  }
}

function outboxes({ audit }: Sight): Look {
  return async () => wrong(await audit.outboxes(OUTBOXES));
}

function sockets({ doors }: Sight): Look {
  return () => Promise.resolve(wrong(doors.sockets()));
}

function leases({ audit }: Sight): Look {
  return () => Promise.resolve(wrong(audit.leases()));
}

function wrong(counts: readonly DoubleCount[]): Discrepancy[] {
  return counts
    .filter(({ booked, found, relation }) => (relation === 'equal' ? booked !== found : booked > found))
    .map(({ what, of, booked, found }) => ({ what, of, booked, found }));
}

const keyOf = ({ what, of }: Discrepancy): string => `${what} ${of}`;
