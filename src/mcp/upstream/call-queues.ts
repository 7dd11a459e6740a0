import { Clock } from '../../kernel/clock.js';
import { Levers } from '../../kernel/ports/levers.js';
import { Unit } from '../../kernel/ports/unit.js';
import { CallQueue, CallQueueSettings, QueuedCalls } from './call-queue.js';

/** The calls of all units. */
export class CallQueues {
  private readonly queues = new Map<string, CallQueue>();
  private turns!: QueuedCalls;

  constructor(
    private readonly levers: Levers,
    private readonly clock: Clock,
    private readonly settings: CallQueueSettings,
  ) {
    levers.onChange(() => this.wake());
  }

  /** Where calls go when it is their turn; said once, before anything else. */
  start(turns: QueuedCalls): void {
    this.turns = turns;
  }

  of({ name }: Unit): CallQueue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = new CallQueue(name, this.levers, this.clock, this.turns, this.settings);
      this.queues.set(name, queue);
    }
    return queue;
  }

  private wake(): void {
    for (const queue of this.queues.values()) queue.wake();
  }
}
