import { Hub } from './hub.js';
import { Join } from './join.js';
import { Publisher } from './publisher.js';
import { VsmUpdates } from './vsm-updates.js';

/** Milliseconds between looks for sessions that are idle. */
const TICK = 1_000;
/** Milliseconds after which clients are asked to come back from a node that leaves. */
const RETRY = 1_000;

/** What happens to channels by the clock, and when the gateway leaves. */
export class HubMaintenance {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly joins: Join,
    private readonly publisher: Publisher,
    private readonly updates: VsmUpdates,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.hub.endIdle(), TICK);
    this.timer.unref();
    this.updates.start();
  }

  /** From now on nobody joins and nothing is published. */
  startDrain(): void {
    this.joins.draining = this.publisher.draining = true;
  }

  endDrain(): void {
    this.joins.draining = this.publisher.draining = false;
  }

  /** Gives what is owed as far as it can be given now, and says goodbye. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.updates.stop();
    await this.hub.leave(RETRY);
  }
}
