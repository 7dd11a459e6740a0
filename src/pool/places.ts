import { createPool, Pool } from 'generic-pool';

/** The right to have one link open. */
export interface Place {
  readonly number: number;
}

/**
 * The places of one instance, given out first come first served and within a limit that may change.
 *
 * generic-pool keeps the queue, the time limit and the loans. What it lacks is put around it: `create` waits at a gate
 * until the limit allows a place, and a place that comes back is destroyed, so that the gate decides anew. Who gives up
 * leaves at once; its request, which generic-pool cannot withdraw, passes its place on when its turn comes.
 */
export class Places {
  private readonly pool: Pool<Place>;
  /** Places that generic-pool has asked for and the limit has not allowed yet. */
  private readonly gate: (() => void)[] = [];
  /** Those who wait, as what tells them that they wait in vain. */
  private readonly queue = new Set<(why: Error) => void>();
  private readonly whenEmpty: (() => void)[] = [];
  private issued = 0;
  private count = 0;
  private isShut = false;

  constructor(
    private max: number,
    /** Milliseconds to wait for a place. */
    timeout: number,
    /** What is thrown when none came in time. */
    private readonly late: () => Error,
  ) {
    let number = 0;
    this.pool = createPool<Place>(
      {
        create: () => new Promise(resolve => this.gate.push(() => resolve({ number: ++number }))),
        destroy: () => {
          this.issued--;
          this.admit();
          return Promise.resolve();
        },
      },
      { max: Number.MAX_SAFE_INTEGER, acquireTimeoutMillis: timeout },
    );
  }

  get taken(): number {
    return this.count;
  }

  /** Those for whom there is no place now. */
  get waiting(): number {
    return Math.max(0, Math.min(this.queue.size, this.excess));
  }

  /** How many places more than the limit are taken or asked for; negative when there is room. */
  get excess(): number {
    return this.count + this.queue.size - this.max;
  }

  /** @throws what `late` says, the reason of the signal, or why the places were shut */
  acquire(signal: AbortSignal): Promise<Place> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = (): boolean => {
        signal.removeEventListener('abort', abort);
        return this.queue.delete(giveUp);
      };
      const giveUp = (why: Error): void => {
        if (leave()) reject(why);
      };
      const abort = (): void => giveUp(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      this.queue.add(giveUp);
      this.pool.acquire().then(
        place => {
          if (!leave()) return this.discard(place);
          this.count++;
          resolve(place);
        },
        () => {
          if (leave()) reject(this.late());
        },
      );
      this.admit();
    });
  }

  release(place: Place): void {
    this.count--;
    this.discard(place);
    if (this.count === 0) for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  /** A larger limit lets those in who wait; a smaller one takes nothing away from anybody. */
  resize(max: number): void {
    this.max = max;
    this.admit();
  }

  /** Nobody gets a place any more: those who wait are told why. */
  shut(why: Error): void {
    this.isShut = true;
    for (const giveUp of this.queue) giveUp(why);
    this.admit();
  }

  /** Resolves when no place is taken. */
  emptied(): Promise<void> {
    return this.count === 0 ? Promise.resolve() : new Promise(resolve => this.whenEmpty.push(resolve));
  }

  private discard(place: Place): void {
    void this.pool.destroy(place);
  }

  /** Opens the gate for as many as have a request and the limit allows; once shut, for all, which clears the queue. */
  private admit(): void {
    while (this.gate.length > 0 && (this.isShut || this.issued < this.max)) {
      const onTheirWay = this.issued - this.pool.borrowed;
      if (onTheirWay >= this.pool.pending) return;
      this.issued++;
      this.gate.shift()!();
    }
  }
}
