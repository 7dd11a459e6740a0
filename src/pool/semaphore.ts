import { FairQueue } from '../kernel/fair-queue.js';

/** One that waits for a place. */
interface Waiter {
  go(): void;
  refuse(why: Error): void;
}

/** However many wait is decided by who lets them. */
const UNBOUNDED = { most: Infinity, mostSize: Infinity };

/**
 * The right to have a link open, so many times, within a limit that may change. Where there are less than are asked for,
 * places go round by client, to each who came first first.
 */
export class Semaphore {
  private readonly queue = new FairQueue<Waiter>(UNBOUNDED);
  private readonly whenEmpty: (() => void)[] = [];
  private count = 0;
  /** Why there are no places any more. */
  private closed: Error | undefined;

  constructor(
    private max: number,
    /** Milliseconds to wait for a place. */
    private readonly timeout: number,
    /** What is thrown when none came in time. */
    private readonly late: () => Error,
  ) {}

  get taken(): number {
    return this.count;
  }

  /** Those for whom there is no place now. */
  get waiting(): number {
    return this.queue.length;
  }

  waitingOf(client: string): number {
    return this.queue.lengthOf(client);
  }

  /** How many places more than the limit are taken or asked for; negative when there is room. */
  get excess(): number {
    return this.count + this.queue.length - this.max;
  }

  /** @throws what `late` says, the reason of the signal, or why the places were shut */
  acquire(client: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.closed) throw this.closed;
      if (this.excess < 0) {
        this.count++;
        return resolve();
      }
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const giveUp = (why: () => Error): void => {
        if (!this.queue.withdraw(ticket)) return;
        end();
        reject(why());
      };
      const abort = (): void => giveUp(() => signal.reason as Error);
      const go = (): void => {
        end();
        this.count++;
        resolve();
      };
      const refuse = (why: Error): void => {
        end();
        reject(why);
      };
      const ticket = this.queue.push(client, { go, refuse }, 0)!;
      const timer = setTimeout(() => giveUp(this.late), this.timeout);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  release(): void {
    this.count--;
    this.admit();
    if (this.count === 0) for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  /** A larger limit lets those in who wait; a smaller one takes nothing away from anybody. */
  resize(max: number): void {
    this.max = max;
    this.admit();
  }

  /** Nobody gets a place any more: those who wait are told why. */
  shut(why: Error): void {
    this.closed = why;
    for (const waiter of this.queue.takeAll()) waiter.refuse(why);
  }

  /** Resolves when no place is taken. */
  emptied(): Promise<void> {
    return this.count === 0 ? Promise.resolve() : new Promise(resolve => this.whenEmpty.push(resolve));
  }

  private admit(): void {
    while (this.queue.length > 0 && this.count < this.max) this.queue.take()!.go();
  }
}
